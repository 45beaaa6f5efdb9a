package dev.tensafe.server.trace;

import dev.tensafe.batching.engine.GenerationListener;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.runtime.metrics.ExemplarTrace;
import dev.tensafe.server.openai.InferenceRequest;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The span of one request and the parts of it, from when its key was accepted to the last byte of
 * its answer. Where the request is not recorded, nothing is done. Thread-safe.
 */
public final class RequestTrace implements ExemplarTrace {
  /** Outputs of one request that have spans of their own; the others are only counted. */
  private static final int MAX_OUTPUTS = 8;

  /** Steps with an encrypted adapter that have a span each, from the first on. */
  private static final int FIRST_EXCHANGES = 8;

  /** Of those after them, one in so many has. */
  private static final int EXCHANGE_INTERVAL = 32;

  /** Of a request whose route has no traces. */
  public static final RequestTrace NONE =
      new RequestTrace(TraceSpan.none(), "", Ticker.system(), () -> {});

  private final TraceSpan span;
  private final String operation;
  private final Ticker ticker;
  private final Runnable ended;
  private final List<String> reasons = new ArrayList<>();
  private long inputTokens;
  private long outputTokens;
  private boolean counted;
  private int outputs;
  private int exchanges;
  private boolean over;
  private volatile TraceSpan current;
  private @Nullable TraceSpan stream;

  /**
   * @param operation as the GenAI conventions name it
   * @param ended runs once, at the end
   */
  RequestTrace(TraceSpan span, String operation, Ticker ticker, Runnable ended) {
    this.span = span;
    this.operation = operation;
    this.ticker = ticker;
    this.ended = ended;
    this.current = span;
  }

  /** Whether it is recorded. */
  public boolean recorded() {
    return span.recorded();
  }

  /** The value of the answer's {@code traceparent}; empty if there is no trace. */
  public Optional<String> header() {
    return Optional.ofNullable(span.place()).map(TraceParent::header);
  }

  /** The trace that it belongs to, recorded here or not; empty for none. */
  @Override
  public String traceId() {
    TraceParent place = span.place();
    return place == null ? "" : place.traceId();
  }

  @Override
  public String spanId() {
    TraceParent place = span.place();
    return place == null ? "" : place.spanId();
  }

  @Override
  public boolean sampled() {
    return span.recorded();
  }

  TraceSpan span() {
    return span;
  }

  /** What it is at now: its one output, or the request as a whole. */
  TraceSpan current() {
    return current;
  }

  long nanos() {
    return ticker.nanos();
  }

  /** Begins a part. */
  public TraceSpan part(String name) {
    return span.child(name, ticker.nanos());
  }

  /** Ends a part. */
  public void end(TraceSpan part) {
    part.end(ticker.nanos());
  }

  /** What was asked for; of a model that there is. */
  public void asked(InferenceRequest request) {
    if (!span.recorded()) {
      return;
    }
    span.rename(operation + " " + request.model());
    span.set("gen_ai.request.model", request.model())
        .set("gen_ai.response.model", request.model())
        .set("gen_ai.request.choice.count", request.choices())
        .set("gen_ai.request.temperature", request.sampling().temperature())
        .set("gen_ai.request.top_p", request.sampling().topP())
        .set("gen_ai.request.top_k", (double) request.sampling().topK())
        .set("gen_ai.request.frequency_penalty", request.sampling().frequencyPenalty())
        .set("gen_ai.request.presence_penalty", request.sampling().presencePenalty())
        .set("gen_ai.output.type", request.form().isPresent() ? "json" : "text")
        .set("tensafe.stream", request.stream() ? "true" : "false");
    Integer most = request.maxTokens();
    if (most != null) {
      span.set("gen_ai.request.max_tokens", most);
    }
  }

  /** What answers. */
  public void served(String responseId, String mode, Optional<String> digest) {
    if (!span.recorded()) {
      return;
    }
    span.set("gen_ai.response.id", responseId).set("tensafe.mode", mode);
    digest.ifPresent(d -> span.set("tensafe.adapter.digest", d));
  }

  /** Puts spans around one output on its way from the engine. */
  public GenerationListener output(GenerationListener target, boolean only) {
    if (!span.recorded()) {
      return target;
    }
    synchronized (this) {
      if (++outputs > MAX_OUTPUTS) {
        return target;
      }
    }
    return new TracedListener(target, this, ticker, only);
  }

  /** Counts a step with an encrypted adapter; whether it is to have a span. */
  synchronized boolean exchangeDue() {
    exchanges++;
    return exchanges <= FIRST_EXCHANGES || exchanges % EXCHANGE_INTERVAL == 0;
  }

  /** An output of the request is in a part of its life. */
  void enter(TraceSpan phase) {
    current = phase;
  }

  synchronized void finished(String reason, int prompt, int output) {
    counted = true;
    reasons.add(reason);
    inputTokens += prompt;
    outputTokens += output;
  }

  /** The first byte of a stream goes out. */
  public synchronized void streaming() {
    if (stream == null && span.recorded()) {
      stream = part("stream");
    }
  }

  /** It failed, with a stable code; null for none. */
  public void failed(@Nullable String code) {
    span.fail(code == null ? "unknown" : code);
  }

  /**
   * The answer is written, or its client is gone.
   *
   * @param status of HTTP
   */
  public void end(int status, boolean gone) {
    synchronized (this) {
      if (over) {
        return;
      }
      over = true;
      if (span.recorded()) {
        TraceSpan streamed = stream;
        if (streamed != null) {
          end(streamed);
        }
        if (counted) {
          span.set("gen_ai.usage.input_tokens", inputTokens)
              .set("gen_ai.usage.output_tokens", outputTokens)
              .set("gen_ai.response.finish_reasons", List.copyOf(reasons));
        }
        if (exchanges > 0) {
          span.set("tensafe.he.exchanges", exchanges);
        }
        span.set("http.response.status_code", status);
        if (gone) {
          span.fail("client_gone");
        }
      }
    }
    span.end(ticker.nanos());
    ended.run();
  }
}
