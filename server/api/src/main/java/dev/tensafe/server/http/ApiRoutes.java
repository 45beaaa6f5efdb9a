package dev.tensafe.server.http;

import dev.tensafe.server.config.ApiKeys;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The routes of an API that {@link ApiServer} answers. */
@FunctionalInterface
public interface ApiRoutes {
  /** Adds the routes; called once, before the server listens. */
  void addTo(Adder adder);

  /** What makes an answer. */
  @FunctionalInterface
  interface Handler {
    /**
     * Answers, on a thread that may work for some milliseconds; what takes longer completes later.
     *
     * @throws dev.tensafe.formats.CodedException or {@link dev.tensafe.server.openai.ApiException}:
     *     the answer then
     */
    CompletionStage<ApiResult> answer(ApiCall call);
  }

  /** Takes routes. Paths may have variables such as {@code :name}. */
  interface Adder {
    void get(String path, ApiKeys.Scope scope, Handler handler);

    /** As {@link #get}, without a key. */
    void open(String path, Handler handler);

    void delete(String path, ApiKeys.Scope scope, Handler handler);

    /**
     * A route with a body.
     *
     * @param types of content that it takes, in lower case
     */
    void post(String path, ApiKeys.Scope scope, List<String> types, Handler handler);
  }
}
