package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the model host knows of one group of an adapter: how its activations become integers, and
 * how its answers become numbers again. It judges every answer, by its size and by the tag, and
 * adds the dither that covers what passes. Wiped when closed; any number of threads may use it.
 */
public final class GroupCodec extends NativeHandle {
  /**
   * Numbers that an encryption notes of a token: its magnitude, ‖x‖₂, the same of x divided by the
   * columns' scales, and what the {@link GroupTag#CHECKS} combinations of its answer will be (0
   * without a tag).
   */
  public static final int NOTE = 3 + GroupTag.CHECKS;

  /**
   * Numbers that an answer is judged by: the largest |u_k| over its bound, which an honest answer
   * keeps at or below 1, and z of every check, a standard normal number for an honest answer with S
   * = 1 and less for a larger S (0 without a tag).
   */
  public static final int VERDICT = 1 + GroupTag.CHECKS;

  /**
   * Deviation of the dither over the typical size of an answer: its root mean square over inputs of
   * this norm, both taken of what the columns' scales leave, where no column stands out.
   */
  public static final double DITHER = 1.5e-5;

  /** Deviations of honest noise that an answer may differ by. */
  public static final double DEVIATIONS = 8;

  private final int columns;
  private final int rows;
  private final boolean tagged;

  private GroupCodec(int columns, int rows, boolean tagged, long address) {
    super(address, CkksNative::codecFree);
    this.columns = columns;
    this.rows = rows;
    this.tagged = tagged;
  }

  /**
   * @param columns d
   * @param rows r'
   * @param scales of the columns
   * @param fixed from the weights' largest 1-norm
   * @param rowScales [r'], from integers to u
   * @param rowNorms [r'], ‖A'_k‖₂: the largest |u_k| per unit of ‖x‖₂
   * @param largestRowSum the weights' largest 1-norm
   * @param tag null if answers are judged by their size alone; copied
   */
  public static GroupCodec of(
      CkksContext context,
      int columns,
      int rows,
      ColumnScales scales,
      FixedPoint fixed,
      double[] rowScales,
      double[] rowNorms,
      long largestRowSum,
      @Nullable GroupTag tag) {
    require(scales.columns() == columns, "codec: scales of another number of columns");
    require(
        rowScales.length == rows && rowNorms.length == rows,
        "codec: scales and norms must be one for each row");
    double[] dithers = new double[rows];
    for (int k = 0; k < rows; k++) {
      dithers[k] = rowNorms[k] == 0 ? 0 : DITHER * AnswerNoise.WEIGHT_RMS * Math.abs(rowScales[k]);
    }
    AnswerNoise noise = new AnswerNoise(context.parameters(), columns, rows, fixed, largestRowSum);
    double[] deviations = new double[0];
    long[][] r = {};
    long[][] f = {};
    if (tag != null) {
      r = tag.r();
      f = tag.f();
      for (int i = 0; i < GroupTag.CHECKS; i++) {
        require(r[i].length == rows && f[i].length == columns, "codec: a tag of another shape");
      }
      deviations = noise.deviations(r);
    }
    try (Lease c = context.use()) {
      return new GroupCodec(
          columns,
          rows,
          tag != null,
          CkksNative.codecOpen(
              c.address(),
              scales.exponents(),
              fixed.scaleBits(),
              fixed.divisor(),
              rowScales,
              rowNorms,
              dithers,
              noise.errors(),
              r,
              f,
              deviations));
    }
  }

  public int columns() {
    return columns;
  }

  public int rows() {
    return rows;
  }

  /** Whether it has a tag. */
  public boolean tagged() {
    return tagged;
  }

  /** Checks what an encryption of {@code tokens} tokens reads and notes. */
  void requireInputs(FloatBuffer x, int[] index, int tokens, double[] notes) {
    DirectBuffers.require(x, x.order(), 0, "inputs");
    require(index.length >= tokens && notes.length >= (long) NOTE * tokens, "inputs: too few");
    int available = x.remaining() / columns;
    for (int t = 0; t < tokens; t++) {
      require(index[t] >= 0 && index[t] < available, "inputs: no such row");
    }
  }

  /** Checks what a decryption of {@code tokens} answers reads and writes. */
  void requireAnswers(int tokens, double[] notes, double[] verdicts, DoubleBuffer out) {
    DirectBuffers.requireWritable(out, out.order(), (long) tokens * rows, "answers");
    require(
        notes.length >= (long) NOTE * tokens && verdicts.length >= (long) VERDICT * tokens,
        "answers: too few notes or verdicts");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new CkksException(CkksException.Reason.INVALID_ARGUMENT, message);
    }
  }

  Lease use() {
    return lease();
  }
}
