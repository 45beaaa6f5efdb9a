package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/** A polynomial with integer coefficients, in the form ciphertexts are multiplied by. Immutable. */
public final class Plaintext extends NativeHandle {
  private Plaintext(long address) {
    super(address, CkksNative::plaintextFree);
  }

  /**
   * @param limbs 1 or, where the parameters have two, 2
   * @param coefficients [N], each at most 2^62 in magnitude
   */
  public static Plaintext of(CkksContext context, int limbs, long[] coefficients) {
    if (coefficients.length != context.parameters().degree()) {
      throw new CkksException(
          CkksException.Reason.INVALID_ARGUMENT,
          "plaintext: "
              + coefficients.length
              + " coefficients, the degree is "
              + context.parameters().degree());
    }
    for (long c : coefficients) {
      if (c > 1L << 62 || c < -(1L << 62)) {
        throw new CkksException(
            CkksException.Reason.INVALID_ARGUMENT,
            "plaintext: a coefficient is above 2^62 in magnitude");
      }
    }
    try (Lease c = context.use()) {
      return new Plaintext(CkksNative.plaintextOpen(c.address(), limbs, coefficients));
    }
  }

  Lease use() {
    return lease();
  }
}
