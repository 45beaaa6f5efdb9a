package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.AnswerPads;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.DotWeights;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Answers the evaluations of one session: reads the inputs, meters their tokens, multiplies, and
 * sends. Metered is metered, also when the answer cannot be sent. Confined to the session's thread.
 */
final class Evaluator {
  private final AdapterHost host;
  private final String peer;
  private final SessionKeys keys;
  private final HostOpenAdapters open;
  private final HostWriter writer;
  private final BufferPool buffers;

  /**
   * @param peer whom tokens are metered under
   */
  Evaluator(
      AdapterHost host,
      String peer,
      SessionKeys keys,
      HostOpenAdapters open,
      HostWriter writer,
      BufferPool buffers) {
    this.host = host;
    this.peer = peer;
    this.keys = keys;
    this.open = open;
    this.writer = writer;
    this.buffers = buffers;
  }

  /** Evaluates ordinary ciphertexts. */
  void evaluate(ByteBuffer payload) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    EvaluationMessages.Evaluate request = EvaluationMessages.Evaluate.decode(payload);
    HostOpenAdapter opened = open.require(request.ref());
    SealedPart.Group group = opened.group(request.group());
    if (opened.adapter().isClosed()) {
      writer.refuse(request.ref(), request.request(), Refusal.WITHDRAWN);
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
              + EvaluationMessages.ANSWERS_HEAD;
      if (shape.tokens() > host.limits.maxTokens() || bytes > host.limits.maxPayload()) {
        throw new HeException(
            Reason.PROTOCOL, "an evaluation of " + shape.tokens() + " tokens is too large");
      }
      Optional<Refusal> refusal =
          host.meter.spend(opened.adapter(), peer, request.group(), shape.tokens());
      if (refusal.isPresent()) {
        writer.refuse(request.ref(), request.request(), refusal.get());
        return;
      }
      answer(
          request.ref(),
          request.request(),
          (int) bytes,
          start,
          out -> inputs.evaluate(matrix, keys.rerandomizer(), out));
      host.stats.evaluated(shape.tokens(), System.nanoTime() - start, received, bytes);
    }
    host.pools.wake();
  }

  /** Evaluates tokens encrypted with pads. */
  void evaluatePadded(ByteBuffer payload) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    EvaluationMessages.Padded request = EvaluationMessages.Padded.decode(payload);
    EvaluationMessages.Block at = request.block();
    HostOpenAdapter opened = open.require(at.ref());
    SealedPart.Group group = opened.group(at.group());
    PadBlocks blocks = opened.blocks(at.group());
    DotWeights dots = group.dots();
    if (opened.adapter().isClosed() || dots == null) {
      writer.refuse(at.ref(), request.request(), Refusal.WITHDRAWN);
      return;
    }
    AnswerPads pads = blocks.get(at.block());
    Optional<Refusal> refusal =
        host.meter.spend(opened.adapter(), peer, at.group(), request.count());
    if (refusal.isPresent()) {
      writer.refuse(at.ref(), request.request(), refusal.get());
      endIfUsedUp(blocks, request);
      return;
    }
    int bytes =
        (int) Pads.tokenBytes(keys.context(), request.count(), group.rows())
            + EvaluationMessages.ANSWERS_HEAD;
    answer(
        at.ref(),
        request.request(),
        bytes,
        start,
        out -> pads.evaluate(dots, request.first(), request.count(), payload, out));
    host.stats.evaluated(request.count(), System.nanoTime() - start, received, bytes);
    endIfUsedUp(blocks, request);
  }

  private static void endIfUsedUp(PadBlocks blocks, EvaluationMessages.Padded request) {
    if (request.first() + request.count() >= Pads.POSITIONS) {
      blocks.end(request.block().block());
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
      frame.position(head + EvaluationMessages.ANSWERS_HEAD);
      try {
        work.accept(frame);
      } catch (IllegalStateException e) {
        writer.refuse(ref, request, Refusal.WITHDRAWN);
        return;
      }
      int end = frame.position();
      frame.position(head);
      new EvaluationMessages.Answers(request, System.nanoTime() - start).encode(frame);
      writer.send(frame.position(0).limit(end));
    } finally {
      buffers.give(frame);
    }
  }
}
