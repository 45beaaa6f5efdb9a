package dev.tensafe.nativelib.decoder;

import dev.tensafe.nativelib.NativeLibrary;

/**
 * What this machine can do at most, measured for benchmarks to compare a step with. Takes some
 * hundred milliseconds a figure; the best of several passes counts.
 */
public final class MachineLimits {
  static {
    NativeLibrary.ensureLoaded();
  }

  private MachineLimits() {}

  /**
   * Bytes a second that threads read together.
   *
   * @param bytes of memory in huge pages, which is allocated and freed again
   * @param threads each reads a part
   * @throws DecoderException {@code decoder.invalid_argument} for less than two cache lines for
   *     each thread, {@code decoder.no_memory}
   */
  public static double readBytesPerSecond(long bytes, int threads) {
    return readRate(bytes, threads);
  }

  /**
   * Multiply-adds a second of the kernels in use, over operands that stay in the second cache.
   *
   * @param threads each with operands of its own
   * @throws DecoderException {@code decoder.invalid_argument} for less than one thread
   */
  public static double multiplyAddsPerSecond(NumberFormat format, int threads) {
    return multiplyAddRate(format.id(), threads);
  }

  private static native double readRate(long bytes, int threads);

  private static native double multiplyAddRate(int format, int threads);
}
