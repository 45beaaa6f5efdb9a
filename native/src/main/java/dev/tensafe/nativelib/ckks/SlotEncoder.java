package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * The canonical embedding of CKKS: slot j is the polynomial's value at ζ^(3^j), ζ = e^(πi/N), so
 * that products of polynomials are products of slots. Immutable and thread-safe.
 */
public final class SlotEncoder extends NativeHandle {
  private final int degree;

  private SlotEncoder(int degree, long address) {
    super(address, CkksNative::slotsFree);
    this.degree = degree;
  }

  public static SlotEncoder of(CkksParameters parameters) {
    return new SlotEncoder(parameters.degree(), CkksNative.slotsOpen(parameters.degree()));
  }

  /** N/2. */
  public int slots() {
    return degree / 2;
  }

  /**
   * @param parts [N]: real and imaginary part of each slot in turn
   * @return [N] coefficients of slots·scale, rounded
   * @throws CkksException NOT_FINITE, or INVALID_ARGUMENT for a coefficient of 2^62 or more
   */
  public long[] encode(double[] parts, double scale) {
    requireDegree(parts.length);
    try (Lease encoder = lease()) {
      return CkksNative.slotsEncode(encoder.address(), parts, scale);
    }
  }

  /**
   * @param coefficients [N]
   * @return [N]: real and imaginary part of each slot of coefficients/scale
   */
  public double[] decode(double[] coefficients, double scale) {
    requireDegree(coefficients.length);
    try (Lease encoder = lease()) {
      return CkksNative.slotsDecode(encoder.address(), coefficients, scale);
    }
  }

  private void requireDegree(int length) {
    if (length != degree) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT, "slots: " + length + " numbers, not " + degree);
    }
  }
}
