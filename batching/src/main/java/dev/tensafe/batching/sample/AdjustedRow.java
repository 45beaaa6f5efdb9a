package dev.tensafe.batching.sample;

import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A row of logits that is changed where it lies, in the executor's memory, until the changes are
 * taken back. Confined to one thread; memory is kept from row to row.
 */
public final class AdjustedRow {
  private FloatBuffer row = FloatBuffer.allocate(0);
  private int[] ids = new int[64];
  private float[] before = new float[64];
  private int changes;

  AdjustedRow() {}

  /** Turns to a row, with no changes. */
  void over(FloatBuffer logits) {
    row = logits;
    changes = 0;
  }

  /** Logits in the row. */
  public int size() {
    return row.limit();
  }

  /** A token's logit. */
  public float get(int token) {
    return row.get(token);
  }

  /** Changes a token's logit; negative infinity forbids it. */
  public void set(int token, float logit) {
    if (changes == ids.length) {
      ids = Arrays.copyOf(ids, 2 * changes);
      before = Arrays.copyOf(before, 2 * changes);
    }
    before[changes] = row.get(token);
    ids[changes++] = token;
    row.put(token, logit);
  }

  /** Takes all changes back. */
  void restore() {
    while (changes > 0) {
      changes--;
      row.put(ids[changes], before[changes]);
    }
  }
}
