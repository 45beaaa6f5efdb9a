package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import java.util.List;

/**
 * What can be said of a request before it runs: whether it fits, and whether its tokens are the
 * model's. A token beyond the vocabulary would fail the step for every other request in it.
 */
record SubmissionCheck(int vocabSize, int maxSequenceLength) {
  /**
   * @throws EngineException {@code engine.request_too_large}, {@code engine.unknown_token}
   */
  void check(List<GenerationRequest> requests) {
    if (requests.isEmpty()) {
      throw new IllegalArgumentException("a submission has at least one request");
    }
    for (GenerationRequest request : requests) {
      long total = (long) request.promptTokens().length + request.params().maxTokens();
      if (total > maxSequenceLength) {
        throw new EngineException(
            EngineException.Kind.TOO_LARGE,
            "engine.request_too_large",
            "prompt and output of " + total + " tokens exceed the limit of " + maxSequenceLength);
      }
      for (int token : request.promptTokens()) {
        checkToken("the prompt", token);
      }
      request.params().logitBias().keySet().forEach(token -> checkToken("the logit bias", token));
    }
  }

  private void checkToken(String where, int token) {
    if (token < 0 || token >= vocabSize) {
      throw new EngineException(
          EngineException.Kind.INVALID,
          "engine.unknown_token",
          where + " has a token beyond the vocabulary; ids go from 0 to " + (vocabSize - 1));
    }
  }
}
