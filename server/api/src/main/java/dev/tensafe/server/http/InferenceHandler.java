package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.GenerationRequest;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.server.http.ModelHolder.Held;
import dev.tensafe.server.metrics.ServerMetrics;
import dev.tensafe.server.metrics.TimedListener;
import dev.tensafe.server.openai.AnswerFormat;
import dev.tensafe.server.openai.AnswerHead;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatFormat;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.ChoiceState;
import dev.tensafe.server.openai.CompletionFormat;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.openai.TokenTexts;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** {@code POST /v1/chat/completions} and {@code /v1/completions}: from body to engine. */
final class InferenceHandler {
  private final Vertx vertx;
  private final ServedModel model;
  private final PromptEncoder encoder;
  private final TokenTexts texts;
  private final ServerMetrics metrics;
  private final Ticker ticker;
  private final Clock clock;
  private final long timeoutNanos;
  private final ModelHolder holder;
  private final AtomicInteger preparing = new AtomicInteger();
  private final SecureRandom random = new SecureRandom();

  InferenceHandler(
      Vertx vertx,
      ServedModel model,
      ServerMetrics metrics,
      Ticker ticker,
      Clock clock,
      int timeoutSeconds) {
    this.vertx = vertx;
    this.model = model;
    this.encoder = new PromptEncoder(model);
    this.texts = new TokenTexts(model.tokenizer());
    this.metrics = metrics;
    this.ticker = ticker;
    this.clock = clock;
    this.timeoutNanos = timeoutSeconds * 1_000_000_000L;
    this.holder = new ModelHolder(model, timeoutNanos);
  }

  void chat(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    ChatRequest request = ChatRequest.parse(body, model.vocabSize());
    prepared(
        routing,
        request.inference(),
        () -> {
          int[] tokens = encoder.chat(request.messages(), true);
          return new Work(request.inference(), List.of(tokens), List.of(), "messages");
        },
        ChatFormat::new);
  }

  void completion(RoutingContext routing) {
    JsonNode body = JsonBody.parse(HttpApi.bodyOf(routing));
    CompletionRequest request = CompletionRequest.parse(body, model.vocabSize());
    prepared(
        routing,
        request.inference(),
        () -> {
          List<int[]> prompts = new ArrayList<>();
          List<String> echoes = new ArrayList<>();
          for (CompletionRequest.Prompt prompt : request.prompts()) {
            int[] tokens = encoder.completion(prompt);
            prompts.add(tokens);
            if (request.echo()) {
              echoes.add(
                  prompt instanceof CompletionRequest.Prompt.OfText text
                      ? text.text()
                      : model.tokenizer().decode(tokens, true));
            }
          }
          return new Work(request.inference(), prompts, echoes, "prompt");
        },
        CompletionFormat::new);
  }

  /** A request whose prompts are tokens. Echoes are empty or one per prompt. */
  private record Work(
      InferenceRequest request, List<int[]> prompts, List<String> echoes, String promptParam) {}

  private void prepared(
      RoutingContext routing,
      InferenceRequest request,
      Callable<Work> encoding,
      Function<AnswerHead, AnswerFormat> format) {
    String requestId = RequestIds.of(routing);
    ModelHolder.Holding holding = holder.hold(request.model(), Authorizer.tenant(routing));
    Responder responder = new Responder(routing);
    Context context = vertx.getOrCreateContext();
    preparing.incrementAndGet();
    responder.attach(holding::abandon);
    Future<Work> work = vertx.executeBlocking(encoding, false);
    Future<Optional<AdapterLease>> lease = Future.fromCompletionStage(holding.ready(), context);
    Future.join(work, lease)
        .onComplete(
            both -> {
              preparing.decrementAndGet();
              if (lease.failed()) {
                responder.fail(ModelHolder.failure(lease.cause()));
              } else if (work.failed()) {
                holding.abandon();
                responder.fail(ApiException.of(work.cause()));
              } else {
                Held held = holder.held(holding, lease.result());
                submit(work.result(), held, format, responder, context, requestId);
              }
            });
  }

  /** Submits, and gives the model back when all is answered, or when that fails. */
  private void submit(
      Work work,
      Held held,
      Function<AnswerHead, AnswerFormat> format,
      Responder responder,
      Context context,
      String requestId) {
    if (!responder.open()) {
      held.release();
      return;
    }
    try {
      AnswerFormat answer = format.apply(head(work.request(), held));
      List<Engine.Submission> submissions =
          submissions(work, held, answer, responder, context, requestId);
      if (held.budgeted()) {
        submitMetered(submissions, held, responder);
      } else {
        responder.attach(model.engine().submit(submissions, held::release));
      }
    } catch (RuntimeException e) {
      held.release();
      responder.fail(ApiException.of(e));
    }
  }

  /** Submits once the owner's budgets allow it; asking them may write a file. */
  private void submitMetered(List<Engine.Submission> submissions, Held held, Responder responder) {
    TokenMeter meter = new TokenMeter(model.adapters().orElseThrow());
    AdapterInfo adapter = held.lease().orElseThrow().info();
    preparing.incrementAndGet();
    vertx
        .executeBlocking(() -> meter.reserve(adapter, held.tenant(), submissions), false)
        .onComplete(
            reserved -> {
              preparing.decrementAndGet();
              if (reserved.failed()) {
                held.release();
                responder.fail(ApiException.of(reserved.cause()));
                return;
              }
              TokenMeter.Metered metered = reserved.result();
              try {
                if (!responder.open()) {
                  throw ApiException.unavailable("client_gone", "the client went away");
                }
                responder.attach(model.engine().submit(metered.submissions(), held::release));
              } catch (RuntimeException e) {
                metered.abandon();
                held.release();
                responder.fail(ApiException.of(e));
              }
            });
  }

  private List<Engine.Submission> submissions(
      Work work,
      Held held,
      AnswerFormat format,
      Responder responder,
      Context context,
      String requestId) {
    InferenceRequest request = work.request();
    List<ChoiceState> choices = new ArrayList<>();
    List<Integer> promptOfChoice = new ArrayList<>();
    int promptTokens = 0;
    for (int p = 0; p < work.prompts().size(); p++) {
      promptTokens += work.prompts().get(p).length;
      for (int n = 0; n < request.choices(); n++) {
        String echo = work.echoes().isEmpty() ? null : work.echoes().get(p);
        choices.add(new ChoiceState(choices.size(), work.prompts().get(p), echo));
        promptOfChoice.add(p);
      }
    }
    Answer answer =
        request.stream()
            ? new StreamedAnswer(responder, format, choices, request.includeUsage(), promptTokens)
            : new WholeAnswer(responder, format, choices, promptTokens);
    long seed = request.seeded() ? request.sampling().seed() : random.nextLong();
    List<Engine.Submission> submissions = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      int[] prompt = work.prompts().get(promptOfChoice.get(i));
      SamplingParams params = resolve(request, prompt.length, work.promptParam());
      // choices of one prompt differ; the first is what a request for one choice would get
      params = params.withSeed(seed + (i % request.choices()) * 0x632be59bd9b4e019L);
      boolean echo = !work.echoes().isEmpty();
      GenerationListener listener =
          new TimedListener(
              new ContextListener(context, answer, i),
              metrics,
              metrics.adapter(held.adapter()),
              ticker);
      submissions.add(
          new Engine.Submission(
              GenerationRequest.of(prompt, params)
                  .stopStrings(request.stops())
                  .priority(request.priority())
                  .scorePrompt(echo && params.topLogprobs() >= 0)
                  .continuesPrompt(echo)
                  .adapter(held.handle(), held.scope())
                  .flow(held.flow())
                  .requestId(requestId)
                  .timeoutNanos(timeoutNanos)
                  .build(),
              listener));
    }
    return submissions;
  }

  /** Requests that were taken and have not reached the engine yet. */
  int preparing() {
    return preparing.get();
  }

  private SamplingParams resolve(InferenceRequest request, int promptLength, String promptParam) {
    int limit = model.engine().maxSequenceLength();
    Integer asked = request.maxTokens();
    long total = (long) promptLength + (asked == null ? 1 : asked);
    if (total > limit) {
      throw ApiException.invalid(
          promptParam,
          "context_length_exceeded",
          "the context holds "
              + limit
              + " tokens, but the prompt has "
              + promptLength
              + (asked == null ? "" : " and '" + request.maxTokensParam() + "' asks for " + asked));
    }
    return request.sampling().withMaxTokens(asked == null ? limit - promptLength : asked);
  }

  private AnswerHead head(InferenceRequest request, Held held) {
    byte[] id = new byte[12];
    random.nextBytes(id);
    return new AnswerHead(
        HexFormat.of().formatHex(id),
        clock.instant().getEpochSecond(),
        request.model(),
        request.includeUsage(),
        request.sampling().topLogprobs() >= 0,
        texts,
        held.provenance());
  }
}
