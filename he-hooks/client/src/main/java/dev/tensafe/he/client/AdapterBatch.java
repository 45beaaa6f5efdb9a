package dev.tensafe.he.client;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.model.exec.AdapterRows;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.lora.LowRankBatch;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of one encrypted adapter in one step. For each group they are sent, then joined:
 *
 * <pre>
 * sound ── an answer that cannot be right, an input that is no number ──▶ blank
 *   └──────────── a refusal, the end of the session ────────▶ failed ◀──────┘
 * </pre>
 *
 * <p>In the last two its sequences have failed. A blank batch goes on to the end of the step, with
 * zeros for inputs and without a look at the answers: so the adapter host cannot tell which of its
 * answers was found out, nor at once that one was. Then {@link #stepped} bars it. All groups take
 * the same {@link AdapterRoute}. Confined to the engine's thread.
 */
final class AdapterBatch {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterBatch.class);

  private final EncryptedAdapters adapters;
  private final HeListener listener;
  private final PublicPart adapter;
  private final int index;
  private final List<Integer> sequences;
  private final StepRows step;
  private final StepTools tools;
  private final @Nullable AdapterRoute route;
  private final List<BatchPart> parts = new ArrayList<>();
  private final List<SentMessage> sent = new ArrayList<>();
  private final HeTracer.@Nullable Step trace;
  private boolean announced;
  private long deadline;
  private boolean blank;
  private boolean failed;
  private boolean told;
  private BarredHosts.@Nullable Reason barred;

  /**
   * @param index of the adapter in the step's products
   * @param rows its rows; their sequences fail with it
   */
  AdapterBatch(
      EncryptedAdapters adapters,
      PublicPart adapter,
      int index,
      AdapterRows rows,
      StepRows step,
      StepTools tools) {
    this.adapters = adapters;
    this.listener = adapters.listener();
    this.adapter = adapter;
    this.index = index;
    this.sequences = rows.sequences();
    this.step = step;
    this.tools = tools;
    this.trace = trace(adapters.tracer(), step);
    this.route = adapters.route(adapter);
    if (route == null) {
      fail(new HeException(Reason.CONNECTION, "its adapter host has no session with it open"));
    } else {
      plan(route, rows);
    }
  }

  private HeTracer.@Nullable Step trace(HeTracer tracer, StepRows rows) {
    return tracer == HeTracer.NONE
        ? null
        : tracer.begin(adapter.digest(), sequences.stream().map(rows::requestId).toList());
  }

  /** Tells the adapter host, where it wants to know, before the first message of the step. */
  private void announce(AdapterRoute to) {
    HeTracer.Step traced = trace;
    if (traced != null && !announced) {
      announced = true;
      to.adapter().beginTrace(traced.traceId(), traced.spanId());
    }
  }

  private void endTrace() {
    HeTracer.Step traced = trace;
    if (traced == null) {
      return;
    }
    if (announced && route != null) {
      try {
        route.adapter().endTrace();
      } catch (HeException e) {
        // the session is over, and the span with it
      }
    }
    traced.end();
  }

  private void plan(AdapterRoute to, AdapterRows rows) {
    try {
      parts.addAll(BatchPlan.of(to.adapter(), tools.packings(), rows, step, newDeadline()));
    } catch (RuntimeException e) {
      broken(to, e);
    }
  }

  private long newDeadline() {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(adapters.config().timeoutMillis());
  }

  boolean reads(GroupId group) {
    return !failed && adapter.group(group) != null;
  }

  /** Encrypts and sends the batch's rows of a group. */
  void send(GroupId id, RowMatrix x) {
    AdapterRoute to = route;
    OpenGroup group = failed || to == null ? null : to.adapter().group(id);
    if (group == null || to == null) {
      return;
    }
    if (x.columns() != group.part().columns()) {
      throw new IllegalStateException(
          x.columns() + " columns where " + group.part().columns() + " are due");
    }
    sent.clear();
    deadline = newDeadline();
    try {
      announce(to);
      for (BatchPart part : parts) {
        send(part, group, x.values());
      }
    } catch (RuntimeException e) {
      broken(to, e);
    }
  }

  private void send(BatchPart part, OpenGroup group, FloatBuffer x) {
    if (!blank) {
      try {
        part.send(group, x, false, deadline, sent);
        return;
      } catch (CkksException e) {
        if (e.reason() != CkksException.Reason.NOT_FINITE) {
          throw e;
        }
        // not the adapter host's doing, and not its business
        blank = true;
        failSequences(e);
      }
    }
    part.send(group, tools.scratch().zeros(group.part().columns()), true, deadline, sent);
  }

  /** Waits for the answers of a group, checks them, and hands them to the products. */
  void join(GroupId id, LowRankBatch products) {
    AdapterRoute from = route;
    OpenGroup group = failed || from == null ? null : from.adapter().group(id);
    if (group == null || from == null) {
      return;
    }
    try {
      for (SentMessage message : sent) {
        join(from, group, message, products);
      }
    } catch (RuntimeException e) {
      broken(from, e);
    } finally {
      sent.clear();
    }
  }

  private void join(
      AdapterRoute from, OpenGroup group, SentMessage message, LowRankBatch products) {
    Evaluations evaluations = from.adapter().session().evaluations();
    long began = System.nanoTime();
    Frame answer = evaluations.await(message.request().pending(), deadline);
    long arrived = System.nanoTime();
    long evaluated = Evaluations.evaluationNanos(answer);
    int bytesDown = answer.payload().remaining();
    try {
      if (!blank && accept(from, group, message, answer, products)) {
        tools.check().tell(adapter.name(), listener);
      }
    } finally {
      evaluations.release(answer);
    }
    report(message, began, arrived, evaluated, bytesDown);
  }

  /** Takes the answers of a message, all or none. */
  private boolean accept(
      AdapterRoute from,
      OpenGroup group,
      SentMessage message,
      Frame answer,
      LowRankBatch products) {
    int rows = group.part().rows();
    DoubleBuffer u = tools.scratch().answers((long) message.tokens() * rows);
    double[] verdicts = tools.scratch().verdicts(message.tokens());
    BarredHosts.Reason found;
    try {
      message.decrypt(group, answer.payload(), verdicts, u);
      DeviationMean mean = message.outputs() == 1 ? from.link().deviations(adapter) : null;
      found = tools.check().judge(verdicts, message.tokens(), group.codec().tagged(), mean);
    } catch (CkksException e) {
      if (e.reason() != CkksException.Reason.MALFORMED_MESSAGE) {
        throw e;
      }
      found = BarredHosts.Reason.MALFORMED;
    }
    if (found == null && group.codec().tagged()) {
      from.link().checked(message.tokens());
    }
    if (found != null) {
      blank = true;
      barred = found;
      failSequences(new HeException(Reason.ANSWER, "an answer cannot be right"));
      return false;
    }
    for (int t = 0; t < message.tokens(); t++) {
      for (PublicGroup.Module module : group.part().modules()) {
        products.put(module.slot(), index, message.row(t), u, t * rows + module.first());
      }
    }
    return true;
  }

  private void report(
      SentMessage message, long began, long arrived, long evaluated, int bytesDown) {
    SentRequest request = message.request();
    HeListener.Exchange exchange =
        new HeListener.Exchange(
            adapter.name(),
            message.tokens(),
            message.packing(),
            message.fill(),
            request.encryptNanos(),
            evaluated,
            Math.max(0, arrived - request.sentNanos() - evaluated),
            arrived - began,
            System.nanoTime() - arrived,
            request.bytesUp(),
            bytesDown);
    listener.exchanged(exchange);
    if (trace != null) {
      trace.exchanged(exchange);
    }
  }

  /** The step is over: lanes that it used up can go, and a host that was found out is barred. */
  void stepped() {
    endTrace();
    if (route != null) {
      route.adapter().lanes().stepped();
      if (barred != null) {
        KeyId host = route.adapter().session().shaken().host().key().id();
        route.link().distrust(host, adapter, barred);
      }
    }
  }

  /** Ends the session, unless the adapter host merely refuses, and fails the sequences. */
  private void broken(AdapterRoute to, RuntimeException failure) {
    if (failure instanceof RefusedException refused) {
      to.adapter().refused(refused.refusal());
      fail(refused);
      return;
    }
    HeException reason = to.explain(failure);
    to.breakOff(reason);
    if (reason.getCause() == failure && !(failure instanceof CodedException)) {
      LOG.error("an encrypted step failed", failure);
    }
    fail(reason);
  }

  private void fail(RuntimeException reason) {
    failed = true;
    sent.clear();
    failSequences(reason);
  }

  private void failSequences(RuntimeException reason) {
    if (told) {
      return;
    }
    told = true;
    AdapterException shown = BatchFailure.shown(adapter, reason);
    String code = reason instanceof CodedException coded ? coded.code() : shown.code();
    LOG.warn("requests of adapter '{}' fail: {}", adapter.name(), code);
    listener.failed(adapter.name(), code);
    if (trace != null) {
      trace.failed(code);
    }
    sequences.forEach(sequence -> step.fail(sequence, shown));
  }
}
