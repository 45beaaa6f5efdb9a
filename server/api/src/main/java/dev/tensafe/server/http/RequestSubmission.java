package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.GenerationRequest;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.runtime.log.LogFields;
import dev.tensafe.server.http.PreparedRequest.Prompt;
import dev.tensafe.server.metrics.ObservedOutput;
import dev.tensafe.server.metrics.OutputGroup;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.metrics.TimedListener;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChoiceState;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.TokenTexts;
import dev.tensafe.server.status.ServerActivity;
import dev.tensafe.server.status.TrackedRequest;
import dev.tensafe.server.trace.RequestTrace;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Hands prepared requests to the engine: one output per choice, charged to the adapter's budgets
 * where it has any, answered in the format of the route. Every path on which the engine does not
 * take a request gives its model back here. Called on the request's context.
 */
final class RequestSubmission {
  private final Vertx vertx;
  private final ServedModel model;
  private final TokenTexts texts;
  private final ServerMetrics metrics;
  private final ServerActivity activity;
  private final Ticker ticker;
  private final Clock clock;
  private final long timeoutNanos;
  private final SecureRandom random = new SecureRandom();

  /**
   * @param timeoutNanos time one request may take; 0 for no limit
   */
  RequestSubmission(
      Vertx vertx,
      ServedModel model,
      TokenTexts texts,
      ServerMetrics metrics,
      ServerActivity activity,
      Ticker ticker,
      Clock clock,
      long timeoutNanos) {
    this.vertx = vertx;
    this.model = model;
    this.texts = texts;
    this.metrics = metrics;
    this.activity = activity;
    this.ticker = ticker;
    this.clock = clock;
    this.timeoutNanos = timeoutNanos;
  }

  /** The client that waits for the answer, and the style that it asked for. */
  record Client(
      Responder responder,
      Context context,
      String requestId,
      AnswerStyle style,
      TrackedRequest tracked,
      RequestTrace trace) {}

  /** The error of a request that somebody else ended; its client should not try again by itself. */
  static ApiException cancelled() {
    return new ApiException(
        403,
        "permission_error",
        "whoever runs this server has cancelled the request",
        null,
        "request_cancelled");
  }

  /**
   * Submits, and gives the model back when all is answered, or when that fails.
   *
   * @return completes when the engine has the request, or the client has its error
   */
  Future<Void> submit(PreparedRequest prepared, PinnedModel pinned, Client client) {
    if (!client.responder().open()) {
      pinned.release();
      return Future.succeededFuture();
    }
    try {
      List<Engine.Submission> submissions = submissions(prepared, pinned, client);
      Optional<AdapterInfo> budgeted = pinned.budgeted();
      if (budgeted.isPresent()) {
        return submitCharged(submissions, budgeted.get(), pinned, client.responder());
      }
      client.responder().attach(model.engine().submit(submissions, pinned::release));
    } catch (RuntimeException e) {
      refuse(e, pinned, client.responder());
    }
    return Future.succeededFuture();
  }

  /** Submits once the owner's budgets allow it; asking them may write a file. */
  private Future<Void> submitCharged(
      List<Engine.Submission> submissions,
      AdapterInfo adapter,
      PinnedModel pinned,
      Responder responder) {
    return vertx
        .executeBlocking(
            () ->
                BudgetCharge.reserve(
                    model.adapters().orElseThrow(), adapter, pinned.tenant(), submissions),
            false)
        .transform(
            reserved -> {
              if (reserved.failed()) {
                refuse(reserved.cause(), pinned, responder);
                return Future.succeededFuture();
              }
              BudgetCharge charge = reserved.result();
              try {
                if (!responder.open()) {
                  throw ApiException.unavailable("client_gone", "the client went away");
                }
                responder.attach(model.engine().submit(charge.submissions(), pinned::release));
              } catch (RuntimeException e) {
                charge.waive();
                refuse(e, pinned, responder);
              }
              return Future.succeededFuture();
            });
  }

  private static void refuse(Throwable cause, PinnedModel pinned, Responder responder) {
    pinned.release();
    responder.fail(Failures.of(cause));
  }

  private List<Engine.Submission> submissions(
      PreparedRequest prepared, PinnedModel pinned, Client client) {
    InferenceRequest request = prepared.request();
    List<ChoiceState> choices = new ArrayList<>();
    List<GenerationRequest> outputs = new ArrayList<>();
    long seed = request.seeded() ? request.sampling().seed() : random.nextLong();
    for (Prompt prompt : prepared.prompts()) {
      for (int n = 0; n < request.choices(); n++) {
        var reading = prepared.message();
        choices.add(
            new ChoiceState(
                choices.size(),
                prompt.tokens(),
                prompt.echo(),
                reading == null ? null : reading.get(),
                prepared.shownTokens(),
                texts));
        // choices of one prompt differ; the first is what a request for one choice would get
        SamplingParams params = prompt.params().withSeed(seed + n * 0x632be59bd9b4e019L);
        GenerationRequest.Builder output =
            GenerationRequest.of(prompt.tokens(), params)
                .stopStrings(request.stops())
                .priority(request.priority())
                .scorePrompt(prepared.echoed() && params.topLogprobs() >= 0)
                .adapter(pinned.handle(), pinned.scope().withSalt(request.cacheSalt()))
                .drafting(pinned.drafting())
                .flow(pinned.flow())
                .requestId(client.requestId())
                .shownTokens(prepared.shownTokens())
                .timeoutNanos(timeoutNanos);
        prepared.form().constraint().ifPresent(output::constraint);
        outputs.add(output.build());
      }
    }
    UsageCount usage =
        new UsageCount(prepared.promptTokens(), prepared.prompts().size(), request.choices());
    AnswerHead head = head(request, pinned);
    Optional<String> digest = Optional.ofNullable(head.provenance().adapterDigest());
    LogFields fields = client.responder().fields();
    digest.ifPresent(fields::adapter);
    client.trace().served(head.id(), head.provenance().mode(), digest);
    Answer answer = client.style().begin(prepared, head, choices, usage, client.responder());
    TrackedRequest tracked = client.tracked();
    tracked.onCancel(() -> client.context().runOnContext(v -> answer.failed(cancelled())));
    tracked.submitted(
        new TrackedRequest.Work(
            head.id(),
            request.model(),
            pinned.adapter(),
            Optional.ofNullable(pinned.provenance().adapterDigest()),
            pinned.provenance().mode(),
            request.stream(),
            prepared.promptTokens(),
            outputs.size()));
    List<Engine.Submission> submissions = new ArrayList<>();
    OutputGroup group = new OutputGroup(metrics, request.choices());
    for (int i = 0; i < outputs.size(); i++) {
      if (i % request.choices() == 0) {
        group = new OutputGroup(metrics, request.choices());
      }
      int promptTokens = outputs.get(i).promptTokens().length;
      GenerationListener traced =
          client
              .trace()
              .output(
                  new ContextListener(client.context(), answer, i, fields), outputs.size() == 1);
      GenerationListener watched = activity.watch(traced, tracked, pinned.tenant(), promptTokens);
      ObservedOutput observed =
          new ObservedOutput(
              promptTokens,
              outputs.get(i).params().maxTokens(),
              group,
              metrics.adapter(pinned.adapter()),
              metrics.tenant(pinned.tenant()),
              client.trace());
      GenerationListener listener = new TimedListener(watched, metrics, observed, ticker);
      submissions.add(new Engine.Submission(outputs.get(i), listener));
    }
    return submissions;
  }

  private AnswerHead head(InferenceRequest request, PinnedModel pinned) {
    byte[] id = new byte[12];
    random.nextBytes(id);
    return new AnswerHead(
        HexFormat.of().formatHex(id),
        clock.instant().getEpochSecond(),
        request.model(),
        request.includeUsage(),
        request.sampling().topLogprobs() >= 0,
        texts,
        pinned.provenance());
  }
}
