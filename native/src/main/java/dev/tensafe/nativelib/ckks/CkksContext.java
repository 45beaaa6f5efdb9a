package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;

/**
 * Validated parameters, their tables and the kernels that work on them. Immutable; any number of
 * threads may use it. What is made from it stays valid when it is closed.
 */
public final class CkksContext extends NativeHandle {
  private static final System.Logger LOG = System.getLogger(CkksContext.class.getName());

  private final CkksParameters parameters;

  private CkksContext(CkksParameters parameters, long address) {
    super(address, CkksNative::contextFree);
    this.parameters = parameters;
  }

  /**
   * With the best kernels of this processor, or those that TENSAFE_CKKS_KERNEL names. Which and why
   * goes to the log.
   */
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
    CkksContext context =
        new CkksContext(parameters, CkksNative.contextOpen(parameters.degree(), moduli, kernel));
    LOG.log(System.Logger.Level.INFO, context::description);
    return context;
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
      return CkksNative.contextMeasure(context.address(), primitive.id(), repetitions);
    }
  }

  /**
   * Median CPU time of every stage of whole products of random numbers, without the binding.
   *
   * @param shape of the inputs
   * @param rows r'
   * @param repetitions 1 to 100,000
   */
  public ProductTimes measureProduct(InputShape shape, int rows, int repetitions) {
    try (Lease context = lease()) {
      double[] seconds =
          CkksNative.contextMeasureProduct(
              context.address(),
              shape.tokens(),
              shape.columns(),
              rows,
              shape.packing().tokens(),
              shape.packing().outputs(),
              repetitions);
      return new ProductTimes(seconds[0], seconds[1], seconds[2], seconds[3], seconds[4]);
    }
  }

  /** For the other classes of this package. */
  Lease use() {
    return lease();
  }
}
