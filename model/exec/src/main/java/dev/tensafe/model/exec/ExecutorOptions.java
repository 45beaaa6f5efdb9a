package dev.tensafe.model.exec;

/**
 * What a caller may choose about an executor.
 *
 * @param format number format of weights and projections
 * @param weights whether weights are kept in fewer bits than their format has
 * @param cache number format of keys and values
 * @param numerics in which order products of bfloat16 are added up
 * @param threads compute threads, at least 1
 * @param pinned whether compute threads stay on cores of their own
 */
public record ExecutorOptions(
    Format format, Weights weights, Cache cache, Numerics numerics, int threads, boolean pinned) {
  public ExecutorOptions {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads; at least 1 is possible");
    }
  }

  /** The format, and otherwise what is usual. */
  public ExecutorOptions(Format format, int threads) {
    this(format, Weights.FORMAT, Cache.AUTO, Numerics.AUTO, threads, false);
  }

  /** A number format. */
  public enum Format {
    /** What is fastest here for the checkpoint as it is stored. */
    AUTO,
    F32,
    BF16
  }

  /** How projections are kept. */
  public enum Weights {
    /** In their number format. */
    FORMAT,
    /** Eight bits with a scale for each row; embedding table and output head in their format. */
    INT8,
    /** Eight bits for all matrices. */
    INT8_ALL
  }

  /**
   * In which order products of bfloat16 are added up. By name it gives the same bits on every
   * processor.
   */
  public enum Numerics {
    /** What is fastest here. */
    AUTO,
    /** As vector instructions do it. */
    PAIRS,
    /** As matrix instructions (AMX) do it. */
    TILES
  }

  /** A number format of the cache. */
  public enum Cache {
    /** That of the weights. */
    AUTO,
    F32,
    BF16,
    /** Eight bits with a scale for each key and value of a head. */
    INT8
  }
}
