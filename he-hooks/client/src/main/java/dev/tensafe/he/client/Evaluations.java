package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The evaluations of one session: encrypted under its key, sent, and under way until they are
 * completed, once, by an answer, a refusal, or the end of the session.
 *
 * <p>The engine's thread encrypts, sends, waits and decrypts. The receiving thread completes. What
 * is under way is shared between the two without a lock.
 */
final class Evaluations {
  private final CkksContext context;
  private final SecretKey key;
  private final Hello.Host host;
  private final ClientWriter writer;
  private final SessionEnd end;
  private final BufferPool buffers = new BufferPool();
  private final AtomicLong lastRequest = new AtomicLong();
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
  private volatile long lastSent = System.nanoTime();

  /**
   * An evaluation that was sent.
   *
   * @param magnitudes [tokens], what {@code FixedPoint.tokenScales} takes
   */
  record Request(Pending pending, double[] magnitudes, long bytesUp, long encryptNanos) {}

  /**
   * @param key closed by the session
   * @param host limits of the other side
   */
  Evaluations(
      CkksContext context, SecretKey key, Hello.Host host, ClientWriter writer, SessionEnd end) {
    this.context = context;
    this.key = key;
    this.host = host;
    this.writer = writer;
    this.end = end;
  }

  CkksParameters parameters() {
    return context.parameters();
  }

  /** Most tokens of one evaluation. */
  int maxTokens() {
    return host.maxTokens();
  }

  /**
   * Encrypts a batch and sends it.
   *
   * @param x [m][d] from its position on
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   */
  Request send(
      ClientOpenAdapter adapter,
      PublicGroup group,
      InputShape shape,
      FloatBuffer x,
      long deadline) {
    long start = System.nanoTime();
    int bytes =
        Math.toIntExact(
            SecretKey.inputMessageBytes(context, shape) + EvaluationMessages.EVALUATE_HEAD);
    if (bytes > host.maxPayload()) {
      throw new HeException(Reason.PROTOCOL, "a step is too large for the adapter host");
    }
    long id = lastRequest.incrementAndGet();
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.EVALUATE, bytes);
      new EvaluationMessages.Evaluate(id, adapter.ref(), group.id()).encode(frame);
      double[] magnitudes =
          key.encryptInputs(
              shape, x, group.scales(), group.fixedPoint(parameters()).scaleBits(), frame);
      long encrypted = System.nanoTime();
      Pending answer = send(id, frame.flip(), deadline);
      return new Request(answer, magnitudes, bytes, encrypted - start);
    } finally {
      buffers.give(frame);
    }
  }

  /**
   * Encrypts a batch with pads and sends it.
   *
   * @param x [count][d] from its position on
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   */
  Request send(
      ClientOpenAdapter adapter,
      PublicGroup group,
      PadStock.Run run,
      FloatBuffer x,
      long deadline) {
    long start = System.nanoTime();
    int bytes =
        (int) Pads.tokenBytes(context, run.count(), group.columns())
            + EvaluationMessages.Padded.BYTES;
    long id = lastRequest.incrementAndGet();
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.EVALUATE_PADDED, bytes);
      EvaluationMessages.Block block =
          new EvaluationMessages.Block(adapter.ref(), group.id(), run.block());
      new EvaluationMessages.Padded(id, block, run.first(), run.count()).encode(frame);
      double[] magnitudes =
          run.pads()
              .encrypt(
                  run.first(),
                  run.count(),
                  x,
                  group.scales(),
                  group.fixedPoint(parameters()).scaleBits(),
                  frame);
      long encrypted = System.nanoTime();
      Pending answer = send(id, frame.flip(), deadline);
      return new Request(answer, magnitudes, bytes, encrypted - start);
    } finally {
      buffers.give(frame);
    }
  }

  private Pending send(long id, ByteBuffer frame, long deadline) {
    Pending answer = new Pending();
    pending.put(id, answer);
    end.requireStanding();
    try {
      writer.send(frame, deadline);
    } catch (IOException e) {
      throw new HeException(Reason.CONNECTION, "the connection to the adapter host failed", e);
    }
    lastSent = writer.lastSent();
    return answer;
  }

  /**
   * Decrypts the answers to ordinary ciphertexts.
   *
   * @param answers of the shape, from its position on
   * @param tokenScales [tokens]
   * @param u [tokens][r'], written
   */
  void decrypt(
      AnswerShape shape,
      ByteBuffer answers,
      double[] tokenScales,
      double[] rowScales,
      DoubleBuffer u) {
    key.decryptAnswers(shape, answers, tokenScales, rowScales, u);
  }

  /**
   * An answer has come.
   *
   * @throws HeException {@code he.protocol} if nobody asked for it
   */
  void answered(Frame frame) {
    EvaluationMessages.Answers head = EvaluationMessages.Answers.decode(frame.payload());
    Pending waiting = pending.remove(head.request());
    if (waiting == null) {
      throw new HeException(Reason.PROTOCOL, "an answer nobody asked for");
    }
    // its position is behind the head; the time it took stays readable before it
    waiting.complete(frame);
  }

  /**
   * The duration of an evaluation, as the other side reports it.
   *
   * @param answer as {@link #answered} left it
   */
  static long evaluationNanos(Frame answer) {
    return answer.payload().getLong(answer.payload().position() - Long.BYTES);
  }

  /**
   * An evaluation was refused; the session goes on.
   *
   * @throws HeException {@code he.protocol} if nobody asked for it
   */
  void refused(long request, RefusedException refusal) {
    Pending waiting = pending.remove(request);
    if (waiting == null) {
      throw new HeException(Reason.PROTOCOL, "a refusal nobody asked for");
    }
    waiting.fail(refusal);
  }

  /** Whether nothing is under way and nothing was sent for a while. */
  boolean isIdle(long nanos) {
    return pending.isEmpty() && System.nanoTime() - lastSent > nanos;
  }

  /** Fails everything that is under way. */
  void fail(HeException reason) {
    pending.values().forEach(p -> p.fail(reason));
    pending.clear();
  }
}
