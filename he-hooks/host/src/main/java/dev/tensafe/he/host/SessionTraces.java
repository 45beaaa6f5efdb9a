package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TraceMessage;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Which spans the evaluations of a session belong to: one for each adapter at a time. Confined to
 * the session's thread.
 */
final class SessionTraces implements AutoCloseable {
  private final HostTracer tracer;
  private final HostOpenAdapters open;
  private final boolean agreed;
  private final Map<Integer, HostTracer.Step> steps = new HashMap<>();

  /**
   * @param agreed whether both sides said so in their hellos
   */
  SessionTraces(HostTracer tracer, HostOpenAdapters open, boolean agreed) {
    this.tracer = tracer;
    this.open = open;
    this.agreed = agreed;
  }

  void take(TraceMessage message) {
    if (!agreed) {
      throw new HeException(Reason.PROTOCOL, "a TRACE where none was agreed");
    }
    String digest = open.require(message.ref()).adapter().digest();
    end(message.ref());
    if (!message.ends()) {
      steps.put(message.ref(), tracer.begin(message.traceId(), message.spanId(), digest));
    }
  }

  /** An adapter is not open any more, or its step is over. */
  void end(int ref) {
    HostTracer.Step step = steps.remove(ref);
    if (step != null) {
      step.end();
    }
  }

  void evaluated(int ref, int tokens, long nanos, long bytesIn, long bytesOut) {
    if (agreed) {
      step(ref).evaluated(tokens, nanos, bytesIn, bytesOut);
    }
  }

  void refused(int ref, Refusal refusal) {
    if (agreed) {
      step(ref).refused(refusal.name().toLowerCase(Locale.ROOT));
    }
  }

  private HostTracer.Step step(int ref) {
    return steps.getOrDefault(ref, HostTracer.Step.NONE);
  }

  @Override
  public void close() {
    steps.values().forEach(HostTracer.Step::end);
    steps.clear();
  }
}
