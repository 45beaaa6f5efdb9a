package dev.tensafe.nativelib.decoder;

import java.util.List;

/**
 * The shape of a decoder and how its numbers are kept.
 *
 * @param headDim even, at most 256
 * @param windows per layer the sliding window, 0 for full attention
 * @param queryKeyNorm whether queries and keys are normalised per head
 * @param tied whether the output head is the embedding table
 * @param weights format of projections
 * @param ends format of embedding table and head
 * @param cache format of keys and values
 * @param order in which products of BF16 are added up
 */
public record DecoderShape(
    int hidden,
    int intermediate,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabulary,
    double eps,
    List<Integer> windows,
    boolean queryKeyNorm,
    boolean tied,
    NumberFormat weights,
    NumberFormat ends,
    NumberFormat cache,
    ProductOrder order) {
  public DecoderShape {
    windows = List.copyOf(windows);
  }

  /** In the order of {@code Size} in jni/decoder.cpp. */
  long[] sizes(int threads, boolean pinned) {
    return new long[] {
      hidden,
      intermediate,
      layers,
      heads,
      kvHeads,
      headDim,
      vocabulary,
      queryKeyNorm ? 1 : 0,
      tied ? 1 : 0,
      weights.id(),
      ends.id(),
      cache.id(),
      order.id(),
      threads,
      pinned ? 1 : 0
    };
  }
}
