package dev.tensafe.server.openai;

import dev.tensafe.batching.sample.SamplingParams;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What chat and text completions have in common, parsed and checked.
 *
 * @param sampling with {@code maxTokens} still to be resolved against the prompt
 * @param maxTokens what the client asked for, or null
 * @param maxTokensParam the field that said so
 * @param choices outputs per prompt
 * @param seeded whether the client fixed the seed
 */
public record InferenceRequest(
    String model,
    SamplingParams sampling,
    @Nullable Integer maxTokens,
    String maxTokensParam,
    int choices,
    boolean seeded,
    List<String> stops,
    int priority,
    boolean stream,
    boolean includeUsage) {
  public InferenceRequest {
    stops = List.copyOf(stops);
  }
}
