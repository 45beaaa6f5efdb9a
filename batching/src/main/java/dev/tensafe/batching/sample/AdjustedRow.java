package dev.tensafe.batching.sample;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * A row of logits that is changed where it lies, in the executor's memory, until the changes are
 * taken back; where most of it is forbidden, a copy. Confined to one thread; memory is kept from
 * row to row.
 */
public final class AdjustedRow {
  /** Tokens whose bits are in one word of a set. */
  private static final int WORD = Long.SIZE;

  private final float[] forbidden = new float[WORD];
  private FloatBuffer row = FloatBuffer.allocate(0);
  private FloatBuffer copy = FloatBuffer.allocate(0);
  private boolean copied;
  private int[] ids = new int[64];
  private float[] before = new float[64];
  private int changes;

  AdjustedRow() {
    Arrays.fill(forbidden, Float.NEGATIVE_INFINITY);
  }

  /** Turns to a row, with no changes. */
  void over(FloatBuffer logits) {
    row = logits;
    copied = false;
    changes = 0;
  }

  /** The row as it is now. */
  FloatBuffer logits() {
    return copied ? copy : row;
  }

  /** Logits in the row. */
  public int size() {
    return row.limit();
  }

  /** A token's logit. */
  public float get(int token) {
    return logits().get(token);
  }

  /** Changes a token's logit; negative infinity forbids it. */
  public void set(int token, float logit) {
    if (copied) {
      copy.put(token, logit);
      return;
    }
    if (changes == ids.length) {
      ids = Arrays.copyOf(ids, 2 * changes);
      before = Arrays.copyOf(before, 2 * changes);
    }
    before[changes] = row.get(token);
    ids[changes++] = token;
    row.put(token, logit);
  }

  /**
   * Forbids all tokens but some.
   *
   * @param allowed a bit per token, token 0 the lowest of word 0; tokens beyond its end are
   *     forbidden, bits beyond the row are ignored
   * @param also more that are allowed; those beyond the row are ignored
   */
  public void keepOnly(long[] allowed, int[] also) {
    FloatBuffer from = logits();
    FloatBuffer to = copied ? direct(size()) : roomy();
    for (int first = 0; first < size(); first += WORD) {
      int count = Math.min(WORD, size() - first);
      long bits = first / WORD < allowed.length ? allowed[first / WORD] : 0;
      if (bits == -1L) {
        to.put(first, from, first, count);
        continue;
      }
      to.put(first, forbidden, 0, count);
      for (; bits != 0; bits &= bits - 1) {
        int token = first + Long.numberOfTrailingZeros(bits);
        if (token < size()) {
          to.put(token, from.get(token));
        }
      }
    }
    for (int token : also) {
      if (token >= 0 && token < size()) {
        to.put(token, from.get(token));
      }
    }
    copy = to;
    copied = true;
  }

  private FloatBuffer roomy() {
    return copy.limit() == size() ? copy : direct(size());
  }

  private static FloatBuffer direct(int size) {
    return ByteBuffer.allocateDirect(size * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  /** Takes all changes back. */
  void restore() {
    while (changes > 0) {
      changes--;
      row.put(ids[changes], before[changes]);
    }
  }
}
