package dev.tensafe.nativelib.ckks;

/**
 * How real inputs become integers: every token is divided by its own largest magnitude and
 * multiplied by 2^{@code scaleBits}, the largest power of two with which no inner product can
 * overflow.
 *
 * @param scaleBits log2 of X, at most 62
 * @param divisor what evaluation divides by: the second prime, or 1 with one limb
 */
public record FixedPoint(int scaleBits, double divisor) {
  private static final int LARGEST = 62;

  /**
   * @param largestRowSum max over rows k of Σ_j |weight[k][j]|, the integers' 1-norm
   */
  public static FixedPoint of(CkksParameters parameters, double largestRowSum) {
    if (!(largestRowSum >= 0) || Double.isInfinite(largestRowSum)) {
      throw new CkksException(
          CkksException.Reason.NOT_FINITE, "the weights' 1-norm is not a finite number");
    }
    double log = Math.log(Math.max(1, largestRowSum)) / Math.log(2);
    int bits = (int) Math.floor(parameters.capacityBits() - log - 1e-9);
    if (bits < 1) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "weights with a 1-norm of " + largestRowSum + " leave no bits for the inputs");
    }
    double divisor = parameters.limbs() == 2 ? parameters.moduli().get(1) : 1.0;
    return new FixedPoint(Math.min(LARGEST, bits), divisor);
  }

  /** What an answer's integers of a token of this magnitude are multiplied by. */
  public double tokenScale(double magnitude) {
    return magnitude * Math.scalb(divisor, -scaleBits);
  }
}
