package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.model.exec.SequenceInput;
import java.util.List;

/**
 * One output to generate.
 *
 * @param promptTokens at least one id
 * @param stopStrings texts that end the output and are not part of it
 * @param priority lower runs earlier
 * @param scorePrompt whether log-probabilities of the prompt's tokens are reported too
 * @param continuesPrompt whether the output's text is to be joined to the prompt's
 * @param adapter whose deltas are added; {@link SequenceInput#BASE} for none
 * @param flow who is charged for the work: requests of one flow share their turns
 * @param timeoutNanos time from submission after which the request fails; 0 for none
 */
public record GenerationRequest(
    int[] promptTokens,
    SamplingParams params,
    List<String> stopStrings,
    int priority,
    boolean scorePrompt,
    boolean continuesPrompt,
    long adapter,
    String flow,
    long timeoutNanos) {
  public GenerationRequest {
    stopStrings = List.copyOf(stopStrings);
    if (promptTokens.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
  }

  /** Sizes only: the prompt is secret. */
  @Override
  public String toString() {
    return "GenerationRequest[" + promptTokens.length + " prompt tokens]";
  }
}
