package dev.tensafe.server.train.sample;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.train.wire.PassJson;
import dev.tensafe.server.train.wire.WireFields;
import dev.tensafe.tuning.TuningException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What {@code asample} asks for.
 *
 * @param source the weights; empty for the frozen model's own
 * @param prompts token ids of each; empty where texts are given
 * @param texts prompts that the service turns into tokens
 * @param count samples of each prompt
 * @param seed absent for a random one
 * @param scored whether log-probabilities of the prompt are asked for
 * @param topScored alternatives a prompt's token; 0 for none
 */
record SampleRequest(
    Optional<WeightsPath> source,
    List<int[]> prompts,
    List<String> texts,
    int count,
    SamplingParams params,
    OptionalLong seed,
    List<String> stops,
    boolean scored,
    int topScored) {
  static final int MOST_SAMPLES = 128;
  private static final int MOST_TOP = 20;

  /** No prompt. */
  @Override
  public String toString() {
    return "SampleRequest[" + count + " of " + (prompts.size() + texts.size()) + " prompts]";
  }

  /**
   * Reads a request.
   *
   * @param source the weights that it names, resolved
   * @throws TuningException {@code tuning.field}
   */
  static SampleRequest read(WireFields body, Optional<WeightsPath> source) {
    WireFields sampling = body.object("sampling_params");
    List<String> texts = body.object("tensafe").optionalTexts("prompts", 64).orElse(List.of());
    List<int[]> prompts = new ArrayList<>();
    if (texts.isEmpty()) {
      int[] tokens = PassJson.tokens(body.object("prompt"));
      if (tokens.length == 0) {
        throw body.error("prompt", "of at least one token");
      }
      prompts.add(tokens);
    }
    List<String> stops = new ArrayList<>();
    Set<Integer> stopTokens = new HashSet<>();
    stops(sampling, stops, stopTokens);
    int top = (int) body.optionalLong("topk_prompt_logprobs", 0, MOST_TOP).orElse(0);
    SamplingParams params =
        new SamplingParams(
            sampling.optionalNumber("temperature", 0, 100).orElse(1),
            (int) Math.max(0, sampling.optionalLong("top_k", -1, 1 << 24).orElse(-1)),
            sampling.optionalNumber("top_p", 1e-9, 1).orElse(1),
            0,
            1,
            0,
            0,
            Map.of(),
            0,
            (int) sampling.optionalLong("max_tokens", 0, 1 << 24).orElse(256),
            0,
            false,
            stopTokens,
            top);
    return new SampleRequest(
        source,
        prompts,
        texts,
        (int) body.optionalLong("num_samples", 1, MOST_SAMPLES).orElse(1),
        params,
        sampling.optionalLong("seed", Long.MIN_VALUE, Long.MAX_VALUE),
        stops,
        body.optionalFlag("prompt_logprobs").orElse(false) || top > 0,
        top);
  }

  /** Texts and token ids that end a sample; one text may stand for a list of one. */
  private static void stops(WireFields sampling, List<String> texts, Set<Integer> tokens) {
    if (!sampling.has("stop")) {
      return;
    }
    if (sampling.isText("stop")) {
      texts.add(sampling.text("stop"));
      return;
    }
    sampling
        .items("stop", 64)
        .forEach(
            item -> {
              if (item.isTextual() && !item.textValue().isEmpty()) {
                texts.add(item.textValue());
              } else if (item.isInt() && item.intValue() >= 0) {
                tokens.add(item.intValue());
              } else {
                throw sampling.error("stop", "a text, a list of texts, or a list of token ids");
              }
            });
  }
}
