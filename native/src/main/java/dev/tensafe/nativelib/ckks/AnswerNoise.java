package dev.tensafe.nativelib.ckks;

/**
 * How far an honest answer of one group may be from the exact one, by S of its packing: entry i of
 * every array is for S = 2^i, the last for every larger one. In units of an answer's integers.
 *
 * @param largestRowSum of the integer weights
 */
record AnswerNoise(
    CkksParameters parameters, int columns, int rows, FixedPoint fixed, double largestRowSum) {
  /** Root mean square of a row of integer weights, as packages have it. */
  static final double WEIGHT_RMS = 8192;

  private int sizes() {
    return 1 + Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1);
  }

  private double rowSquares() {
    // rounding to integers moves the mean square by 1/12 at most
    return columns * (WEIGHT_RMS * WEIGHT_RMS + 1);
  }

  /** Largest honest differences from the exact answer, but for one in 10^15. */
  double[] errors() {
    NoiseModel model = new NoiseModel(parameters);
    double[] errors = new double[sizes()];
    for (int i = 0; i < errors.length; i++) {
      double variance = model.answer(rowSquares(), Math.min(1 << i, rows) * rowSquares());
      errors[i] =
          GroupCodec.DEVIATIONS * Math.sqrt(variance) + 0.5 * largestRowSum / fixed.divisor() + 0.5;
    }
    return errors;
  }

  /**
   * Deviations of r·u − f·(m + e), which for S = 1 is r times the adapter host's own noise. For
   * larger S the errors of the inputs come in through the other rows of a block, whose combination
   * the model host cannot know: it is bounded by the triangle inequality.
   *
   * @param r [κ][r']
   * @return [S][κ]
   */
  double[] deviations(long[][] r) {
    NoiseModel model = new NoiseModel(parameters);
    double own = model.evaluation();
    double input = model.error() / (fixed.divisor() * fixed.divisor());
    double[] deviations = new double[sizes() * r.length];
    for (int i = 0; i < sizes(); i++) {
      int outputs = 1 << i;
      for (int check = 0; check < r.length; check++) {
        double squares = 0;
        for (long v : r[check]) {
          squares += (double) v * v;
        }
        double foreign = 0;
        for (int shift = 1; shift < outputs; shift++) {
          double size = 0;
          for (int k = 0; k < rows; k++) {
            // row k of a block meets the error that is its partner's input
            int partner = k / outputs * outputs + Math.floorMod(k % outputs - shift, outputs);
            size += partner < rows ? Math.abs((double) r[check][k]) : 0;
          }
          foreign += size * size * rowSquares();
        }
        deviations[i * r.length + check] = Math.sqrt(squares * own + foreign * input);
      }
    }
    return deviations;
  }
}
