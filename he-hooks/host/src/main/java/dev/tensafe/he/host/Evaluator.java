package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.EvaluationMessages.Answers;
import dev.tensafe.he.wire.EvaluationMessages.Evaluate;
import dev.tensafe.he.wire.EvaluationMessages.Padded;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.DotWeights;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.LaneNoise;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Answers the evaluations of one session: reads the inputs, meters their tokens, multiplies, and
 * sends. Metered is metered, also when the answer cannot be sent. Confined to the session's thread.
 */
final class Evaluator {
  private final AdapterHost host;
  private final SessionKeys keys;
  private final HostOpenAdapters open;
  private final HostLanes lanes;
  private final HostWriter writer;
  private final BufferPool buffers;
  private final SessionTraces traces;
  private final PaddedRuns runs = new PaddedRuns();

  Evaluator(
      AdapterHost host,
      SessionKeys keys,
      HostOpenAdapters open,
      HostLanes lanes,
      HostWriter writer,
      BufferPool buffers,
      SessionTraces traces) {
    this.host = host;
    this.keys = keys;
    this.open = open;
    this.lanes = lanes;
    this.writer = writer;
    this.buffers = buffers;
    this.traces = traces;
  }

  /** Evaluates ordinary ciphertexts, all of one lane. */
  void evaluate(ByteBuffer payload) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    Evaluate request = Evaluate.decode(payload);
    HostOpenAdapter opened = open.require(request.ref());
    SealedPart.Group group = opened.group(request.group());
    HostLane lane = lanes.require(request.lane());
    if (opened.adapter().isClosed()) {
      refuse(request.ref(), request.request(), Refusal.WITHDRAWN);
      return;
    }
    try (ReceivedInputs inputs = ReceivedInputs.read(keys.context(), keys.masks(), payload)) {
      InputShape shape = inputs.shape();
      WeightMatrix matrix = group.matrix(shape.packing());
      if (matrix == null || shape.columns() != group.columns()) {
        throw new HeException(Reason.PROTOCOL, "inputs of another shape than the adapter's");
      }
      long bytes =
          ReceivedInputs.answerMessageBytes(
                  keys.context(), new AnswerShape(shape.tokens(), group.rows(), shape.packing()))
              + Answers.BYTES;
      requireSize(shape.tokens(), bytes);
      Refusal refusal = host.meter.spend(opened.use(), group.index(), shape.tokens());
      if (refusal != null) {
        refuse(request.ref(), request.request(), refusal);
        return;
      }
      answer(
          request.ref(),
          request.request(),
          (int) bytes,
          start,
          out -> inputs.evaluate(matrix, keys.rerandomizer(), lane.key(), out));
      evaluated(request.ref(), shape.tokens(), System.nanoTime() - start, received, bytes);
    }
    host.pools.wake();
  }

  /** Evaluates tokens encrypted with pads, of any lanes. */
  void evaluatePadded(ByteBuffer payload) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    Padded request = Padded.decode(payload, runs);
    HostOpenAdapter opened = open.require(request.ref());
    SealedPart.Group group = opened.group(request.group());
    DotWeights dots = group.dots();
    if (dots == null) {
      throw new HeException(Reason.PROTOCOL, "no pads for " + request.group());
    }
    int tokens = runs.tokens();
    long bytes = Pads.tokenBytes(keys.context(), tokens, group.rows()) + Answers.BYTES;
    requireSize(tokens, bytes);
    if (payload.remaining() != Pads.tokenBytes(keys.context(), tokens, group.columns())) {
      throw new HeException(Reason.PROTOCOL, "another number of tokens than positions");
    }
    Refusal refusal = opened.adapter().isClosed() ? Refusal.WITHDRAWN : null;
    LaneNoise[] noise = new LaneNoise[runs.size()];
    int[] first = new int[noise.length];
    int[] count = new int[noise.length];
    for (int run = 0; run < noise.length && refusal == null; run++) {
      first[run] = runs.first(run);
      count[run] = runs.count(run);
      LaneBinding binding = binding(run, request.ref());
      if (binding == null) {
        refusal = Refusal.PREPARATION;
      } else {
        noise[run] = binding.take(group.index(), first[run], count[run]);
      }
    }
    if (refusal == null) {
      refusal = host.meter.spend(opened.use(), group.index(), tokens);
    }
    if (refusal != null) {
      refuse(request.ref(), request.request(), refusal);
      return;
    }
    answer(
        request.ref(),
        request.request(),
        (int) bytes,
        start,
        out -> LaneNoise.evaluate(dots, noise, first, count, payload, out));
    for (int run = 0; run < noise.length; run++) {
      endIfUsedUp(run, request.ref(), group.index());
    }
    evaluated(request.ref(), tokens, System.nanoTime() - start, received, bytes);
  }

  private void evaluated(int ref, int tokens, long nanos, long received, long sent) {
    host.stats.evaluated(tokens, nanos, received, sent);
    traces.evaluated(ref, tokens, nanos, received, sent);
  }

  private void refuse(int ref, long request, Refusal refusal) throws IOException {
    traces.refused(ref, refusal);
    writer.refuse(ref, request, refusal);
  }

  /** What a run's lane has bound; null if that was refused. */
  private @Nullable LaneBinding binding(int run, int ref) {
    HostLane lane = lanes.require(runs.lane(run));
    LaneBinding binding = lane.binding(ref);
    if (binding == null && lane.isRefused(ref)) {
      return null;
    }
    if (binding == null || binding.block() != runs.block(run)) {
      throw new HeException(Reason.PROTOCOL, "a lane is not bound to the block it uses");
    }
    return binding;
  }

  private void endIfUsedUp(int run, int ref, int group) {
    LaneBinding binding = lanes.require(runs.lane(run)).binding(ref);
    if (binding != null) {
      binding.endIfUsedUp(group);
    }
  }

  private void requireSize(int tokens, long bytes) {
    if (tokens > host.limits.maxTokens() || bytes > host.limits.maxPayload()) {
      throw new HeException(Reason.PROTOCOL, "an evaluation of " + tokens + " tokens is too large");
    }
  }

  /**
   * Sends an answer.
   *
   * @param bytes of its payload
   * @param work writes what follows the head
   */
  private void answer(int ref, long request, int bytes, long start, Consumer<ByteBuffer> work)
      throws IOException {
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.ANSWERS, bytes);
      int head = frame.position();
      frame.position(head + Answers.BYTES);
      try {
        work.accept(frame);
      } catch (IllegalStateException e) {
        refuse(ref, request, Refusal.WITHDRAWN);
        return;
      }
      int end = frame.position();
      frame.position(head);
      new Answers(request, System.nanoTime() - start).encode(frame);
      writer.send(frame.position(0).limit(end));
    } finally {
      buffers.give(frame);
    }
  }
}
