package dev.tensafe.batching.engine;

import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.formats.CodedException;
import java.util.List;

/**
 * Receives one output. Called on the engine's thread, in order; must return at once and not throw.
 * Exactly one of {@link #onFinish} and {@link #onFailure} is called, last.
 */
public interface GenerationListener {
  /**
   * The request was scheduled for the first time.
   *
   * @param cachedTokens tokens of its prompt that the cache had
   */
  default void onScheduled(int cachedTokens) {}

  /**
   * Log-probabilities of the prompt's tokens from the second on, if asked for; before any output.
   */
  default void onPromptScored(List<TokenLogprob> logprobs) {}

  /** Tokens were generated: one or more of them. */
  void onOutput(Output output);

  /**
   * An end token ends the output, which is no part of its text; the end itself follows. Called if
   * log-probabilities were asked for.
   */
  default void onEndToken(TokenLogprob logprob) {}

  /**
   * A stop string ends the output; the end itself follows.
   *
   * @param stop one of the request's
   */
  default void onStopString(String stop) {}

  /**
   * The output is complete.
   *
   * @param outputTokens sum of {@link Output#count} over all calls of {@link #onOutput}
   */
  void onFinish(FinishReason reason, int promptTokens, int outputTokens);

  /** The output will not be completed; also after a cancellation. */
  void onFailure(CodedException error);

  /** Why an output ended. */
  enum FinishReason {
    /** An end token or a stop string. */
    STOP,
    /** The limit of tokens. */
    LENGTH
  }

  /**
   * Says something in the log of this output alone, so that the receiver can have its lines name
   * the request; must not throw, and runs it once.
   */
  default void during(Runnable report) {
    report.run();
  }
}
