package dev.tensafe.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.engine.Output;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.runtime.log.LogFields;
import dev.tensafe.server.openai.ApiException;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContextListenerTest {
  /** Formatting may fail on a token; a client must not wait for an answer that never comes. */
  @ParameterizedTest
  @ValueSource(strings = {"scored", "output", "finished"})
  void anAnswerThatThrowsFails(String where) throws Exception {
    Vertx vertx = Vertx.vertx();
    try {
      CompletableFuture<ApiException> failed = new CompletableFuture<>();
      ContextListener listener =
          new ContextListener(
              vertx.getOrCreateContext(), new Throwing(where, failed), 0, new LogFields());
      listener.onPromptScored(List.of());
      listener.onOutput(new Output(List.of(1), "a", List.of()));
      listener.onFinish(FinishReason.STOP, 1, 1);
      ApiException error = failed.get(30, TimeUnit.SECONDS);
      assertEquals(500, error.status());
      assertEquals("internal_error", error.code());
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
  }

  private record Throwing(String where, CompletableFuture<ApiException> failed) implements Answer {
    private void at(String event) {
      if (event.equals(where)) {
        throw new IllegalStateException("bug");
      }
    }

    @Override
    public void scheduled(int choice, int cachedTokens) {
      at("scheduled");
    }

    @Override
    public void promptScored(int choice, List<TokenLogprob> logprobs) {
      at("scored");
    }

    @Override
    public void output(int choice, Output output) {
      at("output");
    }

    @Override
    public void finished(int choice, FinishReason reason, int outputTokens) {
      at("finished");
    }

    @Override
    public void failed(ApiException error) {
      failed.complete(error);
    }
  }
}
