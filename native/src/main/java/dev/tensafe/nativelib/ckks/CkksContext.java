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

  /**
   * With the kernels of this process, see {@link dev.tensafe.nativelib.KernelLevel}.
   *
   * @throws CkksException INVALID_PARAMETERS for parameters that are not secure or not possible
   * @throws dev.tensafe.nativelib.NativeException {@code native.unsupported_kernels} if the
   *     environment asks for kernels that cannot run
   */
  public static CkksContext open(CkksParameters parameters) {
    return open(parameters, "");
  }

  /**
   * With ring kernels of another level than the process runs, to compare them. The random streams
   * are those of the process.
   *
   * @param level {@code scalar}, {@code avx2}, {@code avx512}, or empty for that of the process
   * @throws CkksException INVALID_PARAMETERS for parameters that are not secure or not possible
   * @throws dev.tensafe.nativelib.NativeException {@code native.unsupported_kernels} for a level
   *     that does not exist or that this processor cannot run
   */
  public static CkksContext open(CkksParameters parameters, String level) {
    long[] moduli = parameters.moduli().stream().mapToLong(Long::longValue).toArray();
    return new CkksContext(parameters, CkksNative.contextOpen(parameters.degree(), moduli, level));
  }

  public CkksParameters parameters() {
    return parameters;
  }

  /** Name of the ring kernels in use: {@code scalar}, {@code avx2} or {@code avx512ifma}. */
  public String kernel() {
    try (Lease context = lease()) {
      return CkksNative.contextKernel(context.address());
    }
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
