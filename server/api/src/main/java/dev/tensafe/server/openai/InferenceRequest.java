package dev.tensafe.server.openai;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.structured.OutputForm;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fields that chat and text completions have in common, parsed and checked.
 *
 * @param sampling with {@code maxTokens} still to be resolved against the prompt
 * @param maxTokens the client's limit, or null
 * @param maxTokensParam the field it was in
 * @param choices outputs per prompt
 * @param cacheSalt with whom cached prompts are shared, instead of the tenant; a secret; empty for
 *     the tenant
 * @param seeded whether the client fixed the seed
 * @param form what the output must be like
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
    boolean includeUsage,
    String cacheSalt,
    Optional<OutputForm> form) {
  public InferenceRequest {
    stops = List.copyOf(stops);
  }

  /** Shape only: texts and the salt are secret. */
  @Override
  public String toString() {
    return "InferenceRequest[" + model + ", " + choices + " choices]";
  }
}
