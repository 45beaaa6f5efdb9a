package dev.tensafe.server.http;

import dev.tensafe.server.anthropic.AnthropicRequest;
import dev.tensafe.server.message.MessageFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatFormat;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.CompletionFormat;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.FieldNames;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenTexts;
import dev.tensafe.server.responses.ResponsesRequest;
import dev.tensafe.server.status.RequestTable;
import dev.tensafe.server.status.TrackedRequest;
import dev.tensafe.server.trace.RequestTrace;
import dev.tensafe.tracing.TraceSpan;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * {@code POST /v1/chat/completions}, {@code /v1/completions}, {@code /v1/messages} and {@code
 * /v1/responses}. A request's prompts are turned into tokens while its model is pinned; with both
 * it is submitted.
 */
final class InferenceHandler {
  private final Vertx vertx;
  private final int vocabSize;
  private final Preparation preparation;
  private final RequestPreparation requests;
  private final ModelPins pins;
  private final RequestSubmission submission;
  private final RequestTable table;
  private final AtomicInteger preparing = new AtomicInteger();

  InferenceHandler(
      Vertx vertx,
      Preparation preparation,
      ServedModel model,
      TokenTexts texts,
      ModelPins pins,
      RequestSubmission submission,
      RequestTable table) {
    this.vertx = vertx;
    this.vocabSize = model.vocabSize();
    this.preparation = preparation;
    this.requests = new RequestPreparation(model, texts);
    this.pins = pins;
    this.submission = submission;
    this.table = table;
  }

  void chat(RoutingContext routing) {
    handle(
        routing,
        body -> {
          ChatRequest request = ChatRequest.parse(JsonBody.parse(body), vocabSize);
          return new Parsed(
              request.inference(),
              tenant -> requests.chat(request, tenant),
              AnswerStyle.completions(head -> new ChatFormat(head, request.tools().deprecated())));
        });
  }

  void completion(RoutingContext routing) {
    handle(
        routing,
        body -> {
          CompletionRequest request = CompletionRequest.parse(JsonBody.parse(body), vocabSize);
          return new Parsed(
              request.inference(),
              tenant -> requests.completion(request, tenant),
              AnswerStyle.completions(CompletionFormat::new));
        });
  }

  void messages(RoutingContext routing) {
    handle(
        routing,
        body -> {
          AnthropicRequest request = AnthropicRequest.parse(JsonBody.parse(body), vocabSize);
          return message(request.chat(), request.names(), request::format);
        });
  }

  void responses(RoutingContext routing) {
    handle(
        routing,
        body -> {
          ResponsesRequest request = ResponsesRequest.parse(JsonBody.parse(body), vocabSize);
          return message(request.chat(), request.names(), request::format);
        });
  }

  private Parsed message(
      ChatRequest chat, FieldNames names, Function<AnswerHead, MessageFormat> format) {
    return new Parsed(
        chat.inference(),
        tenant -> {
          PreparedRequest prepared = names.in(() -> requests.chat(chat, tenant));
          return prepared.with(prepared.form().within(form -> () -> names.in(form)));
        },
        AnswerStyle.message(format));
  }

  /** A request whose fields are known, how it is prepared for a tenant, and how it is answered. */
  private record Parsed(
      InferenceRequest request, Function<String, PreparedRequest> prepare, AnswerStyle style) {}

  /** What is submitted once the model is there. */
  private record Ready(PreparedRequest request, PendingPin pin, AnswerStyle style) {}

  private void handle(RoutingContext routing, Preparation.Work<Parsed> parse) {
    String requestId = RequestIds.of(routing);
    String tenant = Authorizer.tenant(routing);
    Responder responder = new Responder(routing);
    Context context = vertx.getOrCreateContext();
    AtomicBoolean gone = new AtomicBoolean();
    TrackedRequest tracked = table.begin(requestId, routing.normalizedPath(), tenant);
    tracked.onCancel(
        () -> context.runOnContext(v -> responder.fail(RequestSubmission.cancelled())));
    responder.onEnd(tracked::close);
    responder.attach(() -> gone.set(true));
    Future<Ready> ready =
        preparation
            .run(routing, body -> ready(body, parse, tenant, gone, TraceHeaders.of(routing)))
            .compose(r -> compiled(r, routing, gone));
    preparing.incrementAndGet();
    ready
        .transform(
            done -> {
              if (done.failed()) {
                responder.fail(Failures.of(done.cause()));
                return Future.succeededFuture();
              }
              Ready request = done.result();
              return submit(
                  request,
                  new RequestSubmission.Client(
                      responder,
                      context,
                      requestId,
                      request.style(),
                      tracked,
                      TraceHeaders.of(routing)));
            })
        .onComplete(done -> preparing.decrementAndGet());
  }

  /** A form is compiled where requests without one need not wait for it. */
  private Future<Ready> compiled(Ready ready, RoutingContext routing, AtomicBoolean gone) {
    if (ready.request().form().compilation() == null) {
      return Future.succeededFuture(ready);
    }
    Future<PreparedRequest> compiled;
    try {
      compiled =
          preparation.compile(
              routing,
              () -> {
                stillThere(gone);
                RequestTrace trace = TraceHeaders.of(routing);
                TraceSpan part = trace.part("compile form");
                try {
                  return ready.request().with(ready.request().form().compiled());
                } finally {
                  trace.end(part);
                }
              });
    } catch (RuntimeException e) {
      compiled = Future.failedFuture(e);
    }
    return compiled
        .map(request -> new Ready(request, ready.pin(), ready.style()))
        .onFailure(e -> ready.pin().abandon());
  }

  private static void stillThere(AtomicBoolean gone) {
    if (gone.get()) {
      throw ApiException.unavailable("client_gone", "the client went away");
    }
  }

  /** The model is on its way into memory while tokens are found. */
  private Ready ready(
      byte[] body,
      Preparation.Work<Parsed> parse,
      String tenant,
      AtomicBoolean gone,
      RequestTrace trace)
      throws Exception {
    stillThere(gone);
    Parsed parsed = parse.of(body);
    PendingPin pin = pins.pin(parsed.request().model(), tenant, trace);
    trace.asked(parsed.request());
    TraceSpan part = trace.part("tokenize");
    try {
      PreparedRequest prepared = parsed.prepare().apply(tenant);
      part.set("tensafe.prompt_tokens", prepared.promptTokens());
      return new Ready(prepared, pin, parsed.style());
    } catch (RuntimeException e) {
      pin.abandon();
      throw e;
    } finally {
      trace.end(part);
    }
  }

  private Future<Void> submit(Ready ready, RequestSubmission.Client client) {
    client.responder().attach(ready.pin()::abandon);
    return Future.fromCompletionStage(ready.pin().ready(), client.context())
        .transform(
            pinned -> {
              if (pinned.failed()) {
                client.responder().fail(PendingPin.failure(pinned.cause()));
                return Future.succeededFuture();
              }
              return submission.submit(ready.request(), pinned.result(), client);
            });
  }

  /** Requests that were taken and have not reached the engine yet. */
  int preparing() {
    return preparing.get();
  }
}
