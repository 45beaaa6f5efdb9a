package dev.tensafe.nativelib.ckks;

/**
 * Variances of the noise at every stage, in squared units of a coefficient. docs/CKKS.md, "Noise".
 * Errors are independent rounded Gaussians; where a modulus is switched the secret is ternary.
 */
public record NoiseModel(CkksParameters parameters) {
  /** Deviation of the flood with one limb. */
  public static final double FLOOD_DEVIATION = 65536;

  /** Log2 of the bound of the uniform flood with two limbs. */
  public static final int FLOOD_BITS = 52;

  private static final double ROUNDING = 1.0 / 12;
  private static final double TERNARY = 2.0 / 3;

  /** Of one error: σ² and the rounding to an integer. */
  public double error() {
    double deviation = CkksParameters.ERROR_DEVIATION;
    return deviation * deviation + ROUNDING;
  }

  /** Of a fresh symmetric encryption. */
  public double fresh() {
    return error();
  }

  /** Of an encryption of zero under a public key: e·u + e'·u' + e1. */
  public double zeroEncryption() {
    return 2 * parameters.degree() * error() * error() + error();
  }

  /**
   * Of an inner product before re-randomisation.
   *
   * @param rowSquares ‖w_k‖² of the row
   * @param blockSquares Σ ‖w_o‖² over the rows that share its answer, itself included
   */
  public double product(double rowSquares, double blockSquares) {
    return error() * blockSquares + ROUNDING * rowSquares;
  }

  /** Of the flood of a wanted coefficient. */
  public double flood() {
    return parameters.limbs() == 1
        ? FLOOD_DEVIATION * FLOOD_DEVIATION + ROUNDING
        : Math.scalb(1.0, 2 * (FLOOD_BITS + 1)) * ROUNDING;
  }

  /** Of dividing both halves by the second prime, after the division. */
  public double modulusSwitch() {
    return ROUNDING * (1 + parameters.degree() * TERNARY);
  }

  /** Of what the evaluating side adds to an answer, in units of what is decoded. */
  public double evaluation() {
    return switched(zeroEncryption() + flood());
  }

  /** Of a decrypted answer, in units of what {@link SecretKey#decryptAnswers} decodes. */
  public double answer(double rowSquares, double blockSquares) {
    return switched(product(rowSquares, blockSquares) + zeroEncryption() + flood());
  }

  private double switched(double before) {
    if (parameters.limbs() == 1) {
      return before;
    }
    double q1 = parameters.moduli().get(1);
    return before / q1 / q1 + modulusSwitch();
  }

  /**
   * Deviation of an answer's noise relative to the size of the answers of random inputs.
   *
   * @param columns d
   * @param outputs S
   * @param weightRms of the integer weights
   * @param inputRms root mean square of a token's inputs, its largest being 1
   */
  public double relative(int columns, int outputs, double weightRms, double inputRms) {
    double rowSquares = columns * weightRms * weightRms;
    FixedPoint fixed = FixedPoint.of(parameters, columns * weightRms);
    double signal =
        Math.scalb(inputRms, fixed.scaleBits()) * Math.sqrt(rowSquares) / fixed.divisor();
    return Math.sqrt(answer(rowSquares, outputs * rowSquares)) / signal;
  }
}
