package dev.tensafe.nativelib.logits;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * What a token is chosen by, asked of a row of logits in the memory where it lies. Answers depend
 * on the row only, not on the processor. A row is {@code [vocab]}: a direct buffer in the machine's
 * byte order, from its first element on. Ids and sums of weights stay here until the next question
 * of their kind. Confined to one thread.
 */
public final class LogitScan {
  /** Logits that share one sum of weights; the last sum may be of fewer. */
  public static final int BLOCK = 1024;

  /** A logit this far below the maximum, in units of temperature, has weight 0. */
  public static final double REACH = 40;

  /** Places that the native side needs beyond the ids it finds. */
  private static final int SPARE = 16;

  private final int vocabSize;
  private final int blocks;
  private final IntBuffer ids;
  private final DoubleBuffer sums;

  public LogitScan(int vocabSize) {
    this.vocabSize = vocabSize;
    this.blocks = (vocabSize + BLOCK - 1) / BLOCK;
    this.ids = memory((vocabSize + SPARE) * (long) Integer.BYTES).asIntBuffer();
    this.sums = memory(blocks * (long) Double.BYTES).asDoubleBuffer();
  }

  private static ByteBuffer memory(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** Which kernels this processor runs: {@code avx512}, {@code avx2} or {@code scalar}. */
  public static String kernel() {
    return LogitsNative.kernel();
  }

  /** Logits in a row. */
  public int vocabSize() {
    return vocabSize;
  }

  /**
   * The id of the greatest logit, the lowest of equal ones; −1 when a logit is NaN, when the
   * greatest is infinite, or when all are negative infinity.
   */
  public int mostLikely(FloatBuffer row) {
    return LogitsNative.mostLikely(checked(row), vocabSize);
  }

  /**
   * Finds the greatest logits: their ids best first, of equal ones the lower first. NaN are passed
   * over.
   *
   * @return how many ids there are, at most {@code count}
   */
  public int best(FloatBuffer row, int count) {
    if (count < 0) {
      throw new IllegalArgumentException(count + " logits");
    }
    return LogitsNative.best(
        checked(row), vocabSize, Math.min(count, vocabSize), ids, ids.capacity());
  }

  /**
   * Finds all logits greater than a threshold: their ids in order.
   *
   * @return how many ids there are
   */
  public int above(FloatBuffer row, float threshold) {
    return LogitsNative.above(checked(row), vocabSize, threshold, ids, ids.capacity());
  }

  /** One of the ids found last. */
  public int id(int index) {
    return ids.get(index);
  }

  /**
   * Sums {@code exp((logit − max) / temperature)} of each {@link #BLOCK} logits, those nearer than
   * {@link #REACH} temperatures. Exponentials are within 1e-13 of the true ones, relatively.
   *
   * @param max the greatest of the row
   * @return the sum of the sums, in order
   */
  public double weigh(FloatBuffer row, float max, double temperature) {
    LogitsNative.weigh(checked(row), vocabSize, max, 1 / temperature, sums);
    double total = 0;
    for (int block = 0; block < blocks; block++) {
      total += sums.get(block);
    }
    return total;
  }

  /** The sum of a block's weights. */
  public double weight(int block) {
    return sums.get(block);
  }

  private FloatBuffer checked(FloatBuffer row) {
    if (!row.isDirect() || !row.order().equals(ByteOrder.nativeOrder())) {
      throw new IllegalArgumentException("a direct buffer in the machine's byte order is needed");
    }
    if (row.position() != 0 || row.limit() != vocabSize) {
      throw new IllegalArgumentException(
          "a row from " + row.position() + " to " + row.limit() + ", but " + vocabSize + " logits");
    }
    return row;
  }
}
