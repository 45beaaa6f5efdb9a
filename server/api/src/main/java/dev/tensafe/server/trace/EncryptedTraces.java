package dev.tensafe.server.trace;

import dev.tensafe.he.client.HeListener;
import dev.tensafe.he.client.HeTracer;
import dev.tensafe.tracing.SpanKind;
import dev.tensafe.tracing.TraceParent;
import dev.tensafe.tracing.TraceSpan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What steps of encrypted adapters wait for: a span for the exchange with the adapter host over one
 * step, in the trace of the first recorded request that has rows in it, with links to the others.
 * Its four parts are sums over the step's messages, laid end to end. Confined to the engine's
 * thread.
 */
public final class EncryptedTraces implements HeTracer {
  private static final int MAX_LINKS = 32;

  private final RequestTraces requests;

  public EncryptedTraces(RequestTraces requests) {
    this.requests = requests;
  }

  @Override
  public @Nullable Step begin(String digest, List<String> requestIds) {
    if (!requests.any()) {
      return null;
    }
    RequestTrace first = null;
    List<TraceParent> links = new ArrayList<>();
    for (String id : requestIds) {
      RequestTrace trace = requests.find(id);
      if (trace == null || trace == first) {
        continue;
      }
      if (first == null) {
        first = trace;
        continue;
      }
      TraceParent place = trace.span().place();
      if (place != null && links.size() < MAX_LINKS && !links.contains(place)) {
        links.add(place);
      }
    }
    if (first == null || !first.exchangeDue()) {
      return null;
    }
    long now = requests.ticker().nanos();
    TraceSpan span = first.current().child("he exchange", SpanKind.CLIENT, links, now);
    TraceParent place = span.place();
    return place == null ? null : new Exchanges(span, place, digest, now);
  }

  /** Sums of a step's messages. */
  private final class Exchanges implements Step {
    private final TraceSpan span;
    private final TraceParent place;
    private final String digest;
    private final long start;
    private long messages;
    private long rows;
    private long up;
    private long down;
    private long encrypt;
    private long wire;
    private long evaluate;
    private long decrypt;
    private long waited;

    Exchanges(TraceSpan span, TraceParent place, String digest, long start) {
      this.span = span;
      this.place = place;
      this.digest = digest;
      this.start = start;
    }

    @Override
    public String traceId() {
      return place.traceId();
    }

    @Override
    public String spanId() {
      return place.spanId();
    }

    @Override
    public void exchanged(HeListener.Exchange exchange) {
      messages++;
      rows += exchange.tokens();
      up += exchange.bytesUp();
      down += exchange.bytesDown();
      encrypt += exchange.encryptNanos();
      wire += exchange.wireNanos();
      evaluate += exchange.evaluateNanos();
      decrypt += exchange.decryptNanos();
      waited += exchange.waitNanos();
    }

    @Override
    public void failed(String code) {
      span.fail(code);
    }

    @Override
    public void end() {
      long at = part("encrypt", start, encrypt);
      at = part("wire", at, wire);
      at = part("evaluate", at, evaluate);
      long unusedEnd = part("decrypt", at, decrypt);
      span.set("tensafe.adapter.digest", digest)
          .set("tensafe.he.messages", messages)
          .set("tensafe.he.token_rows", rows)
          .set("tensafe.he.bytes_up", up)
          .set("tensafe.he.bytes_down", down)
          .set("tensafe.he.wait_seconds", waited / 1e9);
      span.end(requests.ticker().nanos());
    }

    private long part(String name, long from, long nanos) {
      TraceSpan part = span.child(name, from);
      part.end(from + nanos);
      return from + nanos;
    }
  }
}
