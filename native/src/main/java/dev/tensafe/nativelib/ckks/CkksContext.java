package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * Validated parameters, their tables and the kernels that work on them. Immutable; any number of
 * threads may use it. What is made from it stays valid when it is closed.
 */
public final class CkksContext extends NativeHandle {
  private final CkksParameters parameters;

  private CkksContext(CkksParameters parameters, long address) {
    super(address, CkksNative::contextFree);
    this.parameters = parameters;
  }

  /** With the best kernels of this processor, or those that TENSAFE_CKKS_KERNEL names. */
  public static CkksContext open(CkksParameters parameters) {
    return open(parameters, "");
  }

  /**
   * @param kernel {@code scalar}, {@code avx2}, {@code avx512ifma}, or empty for the best
   * @throws CkksException INVALID_PARAMETERS for parameters that are not secure or not possible,
   *     UNSUPPORTED_PLATFORM for kernels that this processor cannot run
   */
  public static CkksContext open(CkksParameters parameters, String kernel) {
    long[] moduli = parameters.moduli().stream().mapToLong(Long::longValue).toArray();
    return new CkksContext(parameters, CkksNative.contextOpen(parameters.degree(), moduli, kernel));
  }

  public CkksParameters parameters() {
    return parameters;
  }

  /** Name of the kernel set in use. */
  public String kernel() {
    try (Lease context = lease()) {
      return CkksNative.contextKernel(context.address());
    }
  }

  /** Why that set was chosen, for the log. */
  public String kernelReason() {
    try (Lease context = lease()) {
      return CkksNative.contextKernelReason(context.address());
    }
  }

  /** Which AES the random streams use: {@code vaes}, {@code aes-ni} or {@code portable}. */
  public static String generator() {
    return CkksNative.contextGenerator();
  }

  /** One line that says what runs here and why, for the log at start. */
  public String description() {
    return "ckks kernel "
        + kernel()
        + " ("
        + kernelReason()
        + "), AES-256-CTR by "
        + generator()
        + ", N="
        + parameters.degree()
        + ", "
        + parameters.limbs()
        + (parameters.limbs() == 1 ? " limb" : " limbs");
  }

  /**
   * Median CPU time of one primitive on this machine, in seconds per unit of the primitive.
   *
   * @param repetitions samples of about 0.1 ms each, 1 to 10,000
   */
  public double measure(Primitive primitive, int repetitions) {
    try (Lease context = lease()) {
      return CkksNative.contextMeasure(context.address(), primitive.ordinal(), repetitions);
    }
  }

  /** For the other classes of this package. */
  Lease use() {
    return lease();
  }
}
