package dev.tensafe.server.http;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.server.openai.ApiException;
import java.util.List;

/** Receives what the engine produces for one HTTP request, on the request's own context. */
interface Answer {
  /** A choice begins; the cache had so many tokens of its prompt. */
  void scheduled(int choice, int cachedTokens);

  void promptScored(int choice, List<TokenLogprob> logprobs);

  void output(int choice, Output output);

  /** A stop string of the request ends a choice; {@link #finished} follows. */
  default void stopped(int choice, String stop) {}

  void finished(int choice, FinishReason reason, int outputTokens);

  /** One choice failed, and with it the answer. */
  void failed(ApiException error);
}
