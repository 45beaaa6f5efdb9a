package dev.tensafe.model.exec;

/**
 * What a caller may choose about an executor.
 *
 * @param format number format of weights, projections and cache
 * @param threads compute threads, at least 1
 */
public record ExecutorOptions(Format format, int threads) {
  public ExecutorOptions {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads; at least 1 is possible");
    }
  }

  /** A number format. */
  public enum Format {
    /** What is fastest here for the checkpoint as it is stored. */
    AUTO,
    F32,
    BF16
  }
}
