package dev.tensafe.server.http;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.server.openai.EchoedPrompt;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.ReadMessage;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request that is ready for the engine.
 *
 * @param prompts at least one
 * @param echoed whether answers begin with their prompt
 * @param form what outputs must be like
 * @param shownTokens special tokens that are part of outputs' texts
 * @param message what reads an output as an assistant's message; null for plain text
 */
record PreparedRequest(
    InferenceRequest request,
    List<Prompt> prompts,
    boolean echoed,
    PreparedForm form,
    @Nullable Supplier<ReadMessage> message,
    Set<Integer> shownTokens) {
  PreparedRequest {
    prompts = List.copyOf(prompts);
  }

  /**
   * A prompt in tokens.
   *
   * @param echo itself where answers begin with it
   * @param params the request's, with the output bounded by what the context has left
   */
  record Prompt(int[] tokens, @Nullable EchoedPrompt echo, SamplingParams params) {
    /** Its size only. */
    @Override
    public String toString() {
      return "Prompt[" + tokens.length + " tokens]";
    }
  }

  /** The request with another form. */
  PreparedRequest with(PreparedForm other) {
    return new PreparedRequest(request, prompts, echoed, other, message, shownTokens);
  }

  /** Tokens of all prompts; one with several choices counts once. */
  int promptTokens() {
    return prompts.stream().mapToInt(prompt -> prompt.tokens().length).sum();
  }

  /** Its size only. */
  @Override
  public String toString() {
    return "PreparedRequest" + prompts;
  }
}
