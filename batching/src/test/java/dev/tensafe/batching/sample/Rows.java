package dev.tensafe.batching.sample;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Random;

/** Rows of logits as an executor has them, and random ones of every kind. */
final class Rows {
  private Rows() {}

  /** A row in memory outside the heap, in the middle of others. */
  static FloatBuffer of(float... logits) {
    FloatBuffer matrix =
        ByteBuffer.allocateDirect((logits.length + 2) * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    matrix.put(0, Float.NaN).put(logits.length + 1, Float.POSITIVE_INFINITY);
    return matrix.put(1, logits).slice(1, logits.length);
  }

  /** What is in a row. */
  static float[] copy(FloatBuffer row) {
    float[] logits = new float[row.limit()];
    row.get(0, logits);
    return logits;
  }

  /**
   * As a model gives them, spread out, of few values, all equal, subnormal, huge; with tokens that
   * are forbidden; rarely one that is not a number.
   */
  static float[] random(Random random, int size) {
    float[] logits = new float[size];
    int kind = random.nextInt(7);
    for (int i = 0; i < size; i++) {
      double gaussian = random.nextGaussian();
      logits[i] =
          (float)
              switch (kind) {
                // few likely tokens and a long tail
                case 0, 1 -> 2 * gaussian - 3 * Math.log(1 + random.nextInt(size));
                case 2 -> 3 * gaussian;
                case 3 -> Math.round(gaussian) * 0.5;
                case 4 -> 1.25;
                case 5 -> gaussian * 1e-40;
                default -> gaussian * 1e30;
              };
    }
    int forbidden = random.nextInt(4) == 0 ? random.nextInt(size) : 0;
    for (int i = 0; i < forbidden; i++) {
      logits[random.nextInt(size)] = Float.NEGATIVE_INFINITY;
    }
    if (random.nextInt(20) == 0) {
      logits[random.nextInt(size)] = random.nextBoolean() ? Float.NaN : Float.POSITIVE_INFINITY;
    }
    return logits;
  }
}
