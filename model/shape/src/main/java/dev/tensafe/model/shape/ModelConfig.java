package dev.tensafe.model.shape;

import java.util.List;
import java.util.Set;

/**
 * The shape of a decoder, read from {@code config.json} and checked.
 *
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the MLP
 * @param headDim size of one attention head; even
 * @param maxPositions longest sequence the model was made for, in tokens
 * @param windows per layer the sliding window in tokens, 0 for full attention; at most one distinct
 *     positive value
 * @param attentionBias whether q, k and v have a bias
 * @param outputBias whether o has a bias
 * @param mlpBias whether gate, up and down have a bias
 * @param queryKeyNorm whether queries and keys are normalised per head
 * @param tiedEmbeddings whether the output head is the embedding table
 * @param eosTokens ids that end a generation
 */
public record ModelConfig(
    Architecture architecture,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int vocabSize,
    int maxPositions,
    double rmsNormEps,
    RopeConfig rope,
    List<Integer> windows,
    boolean attentionBias,
    boolean outputBias,
    boolean mlpBias,
    boolean queryKeyNorm,
    boolean tiedEmbeddings,
    Set<Integer> eosTokens) {

  public ModelConfig {
    windows = List.copyOf(windows);
    eosTokens = Set.copyOf(eosTokens);
  }

  /** The sliding window shared by all windowed layers, or 0 when no layer has one. */
  public int window() {
    return windows.stream().mapToInt(Integer::intValue).max().orElse(0);
  }

  /** Width of the queries of one token. */
  public int querySize() {
    return heads * headDim;
  }

  /** Width of the keys, and of the values, of one token. */
  public int keyValueSize() {
    return kvHeads * headDim;
  }
}
