package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ChatFormat;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.CompletionFormat;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenTexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * {@code POST /v1/chat/completions} and {@code /v1/completions}. A request's prompts are turned
 * into tokens while its model is pinned; with both it is submitted.
 */
final class InferenceHandler {
  private final Vertx vertx;
  private final int vocabSize;
  private final RequestPreparation preparation;
  private final ModelPins pins;
  private final RequestSubmission submission;
  private final AtomicInteger preparing = new AtomicInteger();

  InferenceHandler(
      Vertx vertx,
      ServedModel model,
      TokenTexts texts,
      ModelPins pins,
      RequestSubmission submission) {
    this.vertx = vertx;
    this.vocabSize = model.vocabSize();
    this.preparation = new RequestPreparation(model, texts);
    this.pins = pins;
    this.submission = submission;
  }

  void chat(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    ChatRequest request = ChatRequest.parse(body, vocabSize);
    handle(routing, request.inference(), () -> preparation.chat(request), ChatFormat::new);
  }

  void completion(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    CompletionRequest request = CompletionRequest.parse(body, vocabSize);
    handle(
        routing, request.inference(), () -> preparation.completion(request), CompletionFormat::new);
  }

  private void handle(
      RoutingContext routing,
      InferenceRequest request,
      Callable<PreparedRequest> prepare,
      Function<AnswerHead, AnswerFormat> format) {
    String requestId = RequestIds.of(routing);
    PendingPin pin = pins.pin(request.model(), Authorizer.tenant(routing));
    Responder responder = new Responder(routing);
    Context context = vertx.getOrCreateContext();
    preparing.incrementAndGet();
    responder.attach(pin::abandon);
    Future<PreparedRequest> prepared = vertx.executeBlocking(prepare, false);
    Future<PinnedModel> pinned = Future.fromCompletionStage(pin.ready(), context);
    Future.join(prepared, pinned)
        .transform(
            both -> {
              if (pinned.failed()) {
                responder.fail(PendingPin.failure(pinned.cause()));
              } else if (prepared.failed()) {
                pin.abandon();
                responder.fail(Failures.of(prepared.cause()));
              } else {
                var client = new RequestSubmission.Client(responder, context, requestId, format);
                return submission.submit(prepared.result(), pinned.result(), client);
              }
              return Future.succeededFuture();
            })
        .onComplete(done -> preparing.decrementAndGet());
  }

  /** Requests that were taken and have not reached the engine yet. */
  int preparing() {
    return preparing.get();
  }
}
