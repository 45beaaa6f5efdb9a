package dev.tensafe.batching.sample;

import java.util.Map;
import java.util.Set;

/**
 * How tokens are chosen and when generation ends. Built once per request; ranges are checked by
 * whoever parses the request.
 *
 * @param temperature 0 for greedy
 * @param topK 0 for all tokens
 * @param topP 1 for all tokens
 * @param minP 0 for all tokens; relative to the most likely one
 * @param repetitionPenalty 1 for none; over prompt and output
 * @param presencePenalty over output
 * @param frequencyPenalty over output, per occurrence
 * @param logitBias added to logits, by token id
 * @param seed of the random stream
 * @param maxTokens most tokens generated; 0 only scores the prompt
 * @param minTokens before this many, neither end tokens nor stop strings end the output
 * @param ignoreEos whether the model's own end tokens are ordinary tokens
 * @param stopTokens further ids that end the output
 * @param topLogprobs alternatives reported per token; -1 for no log-probabilities at all
 */
public record SamplingParams(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    double presencePenalty,
    double frequencyPenalty,
    Map<Integer, Float> logitBias,
    long seed,
    int maxTokens,
    int minTokens,
    boolean ignoreEos,
    Set<Integer> stopTokens,
    int topLogprobs) {

  public SamplingParams {
    logitBias = Map.copyOf(logitBias);
    stopTokens = Set.copyOf(stopTokens);
  }

  /** Greedy decoding of at most {@code maxTokens}. */
  public static SamplingParams greedy(int maxTokens) {
    return new SamplingParams(0, 0, 1, 0, 1, 0, 0, Map.of(), 0, maxTokens, 0, false, Set.of(), -1);
  }

  /** The same with another seed. */
  public SamplingParams withSeed(long newSeed) {
    return with(newSeed, maxTokens);
  }

  /** The same with another limit of tokens. */
  public SamplingParams withMaxTokens(int newMaxTokens) {
    return with(seed, newMaxTokens);
  }

  private SamplingParams with(long newSeed, int newMaxTokens) {
    return new SamplingParams(
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        presencePenalty,
        frequencyPenalty,
        logitBias,
        newSeed,
        newMaxTokens,
        minTokens,
        ignoreEos,
        stopTokens,
        topLogprobs);
  }

  boolean penalises() {
    return repetitionPenalty != 1 || presencePenalty != 0 || frequencyPenalty != 0;
  }
}
