package dev.tensafe.he.client;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.client.HeListener.Exchange;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of one encrypted adapter in one step. For each group it is sent, then joined:
 *
 * <pre>
 * idle ── send(group) ──▶ under way ── join(group) ──▶ idle
 *   └────────────────────────┴── a failure ──▶ failed
 * </pre>
 *
 * <p>All groups of a step take the same {@link AdapterRoute}. Once failed, its sequences have
 * failed too, and it does nothing more. Confined to the engine's thread.
 */
final class AdapterBatch {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterBatch.class);

  private final EncryptedAdapters adapters;
  private final HeListener listener;
  private final PublicPart adapter;
  private final int index;
  private final BatchInputs inputs;
  private final List<Integer> sequences;
  private final StepRows step;
  private final BatchSender sender;
  private final Scratch scratch;
  private final @Nullable AdapterRoute route;
  private final List<SentChunk> sent = new ArrayList<>();
  private long deadline;
  private boolean failed;

  /**
   * @param index of the adapter in the step's products
   * @param sequences that its rows belong to; they fail with it
   */
  AdapterBatch(
      EncryptedAdapters adapters,
      PublicPart adapter,
      int index,
      BatchInputs inputs,
      List<Integer> sequences,
      StepRows step,
      BatchSender sender,
      Scratch scratch) {
    this.adapters = adapters;
    this.listener = adapters.listener();
    this.adapter = adapter;
    this.index = index;
    this.inputs = inputs;
    this.sequences = sequences;
    this.step = step;
    this.sender = sender;
    this.scratch = scratch;
    this.route = adapters.route(adapter);
    if (route == null) {
      fail(new HeException(Reason.CONNECTION, "its adapter host has no session with it open"));
    }
  }

  boolean reads(GroupId group) {
    return !failed && adapter.group(group) != null;
  }

  /** Encrypts and sends the batch's rows of a group. */
  void send(GroupId id, RowMatrix x) {
    PublicGroup group = adapter.group(id);
    AdapterRoute to = route;
    if (failed || group == null || to == null) {
      return;
    }
    try {
      sent.clear();
      deadline =
          System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(adapters.config().timeoutMillis());
      sender.send(to.adapter(), group, inputs.gather(group, x), inputs.count(), deadline, sent);
    } catch (CkksException e) {
      // not the adapter host's doing: an activation is no number
      fail(e);
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  /** Waits for the answers of a group, checks them, and hands them to the products. */
  void join(GroupId id, LowRankBatch products) {
    PublicGroup group = adapter.group(id);
    AdapterRoute from = route;
    if (failed || group == null || from == null) {
      return;
    }
    try {
      for (SentChunk chunk : sent) {
        join(from.adapter().session(), group, chunk, products);
      }
    } catch (RuntimeException e) {
      broken(e);
    } finally {
      sent.clear();
    }
  }

  private void join(
      ClientSession session, PublicGroup group, SentChunk chunk, LowRankBatch products) {
    Evaluations evaluations = session.evaluations();
    long began = System.nanoTime();
    Frame answer = chunk.request().pending().await(deadline);
    long arrived = System.nanoTime();
    double[] tokenScales =
        group.fixedPoint(evaluations.parameters()).tokenScales(chunk.request().magnitudes());
    DoubleBuffer u = scratch.answers((long) chunk.tokens() * group.rows());
    long evaluated = Evaluations.evaluationNanos(answer);
    int bytesDown = answer.payload().remaining();
    try {
      chunk.decrypt(evaluations, group, answer.payload(), tokenScales, u);
    } finally {
      session.release(answer);
    }
    Bounds bounds = Bounds.of(evaluations.parameters(), group, chunk.outputs());
    for (int t = 0; t < chunk.tokens(); t++) {
      take(group, chunk.first() + t, bounds, tokenScales[t], u, t * group.rows(), products);
    }
    report(chunk, began, arrived, evaluated, bytesDown);
  }

  /** Checks the answer to one input, and hands it to the products. */
  private void take(
      PublicGroup group,
      int input,
      Bounds bounds,
      double tokenScale,
      DoubleBuffer u,
      int at,
      LowRankBatch products) {
    AnswerCheck.accept(group, bounds, tokenScale, inputs.norm(input), u, at);
    int row = input;
    for (PublicGroup.Module module : group.modules()) {
      products.put(module.slot(), index, row, u, at + module.first());
    }
  }

  private void report(SentChunk chunk, long began, long arrived, long evaluated, int bytesDown) {
    listener.exchanged(
        new Exchange(
            adapter.name(),
            chunk.tokens(),
            chunk.packing(),
            chunk.fill(),
            chunk.request().encryptNanos(),
            evaluated,
            Math.max(0, arrived - chunk.sentNanos() - evaluated),
            arrived - began,
            System.nanoTime() - arrived,
            chunk.request().bytesUp(),
            bytesDown));
  }

  /** Ends the session, unless the adapter host merely refuses, and fails the sequences. */
  private void broken(RuntimeException failure) {
    if (failure instanceof RefusedException refused) {
      fail(refused);
      return;
    }
    HeException reason = route == null ? AdapterRoute.unusable(failure) : route.explain(failure);
    if (route != null) {
      route.breakOff(adapter, reason);
    }
    if (reason.getCause() == failure && !(failure instanceof CodedException)) {
      LOG.error("an encrypted step failed", failure);
    }
    fail(reason);
  }

  private void fail(RuntimeException reason) {
    failed = true;
    sent.forEach(SentChunk::abandon);
    sent.clear();
    AdapterException shown = BatchFailure.shown(adapter, reason);
    String code = reason instanceof CodedException coded ? coded.code() : shown.code();
    LOG.warn("requests of adapter '{}' fail: {}", adapter.name(), code);
    listener.failed(adapter.name(), code);
    sequences.forEach(sequence -> step.fail(sequence, shown));
  }
}
