package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The evaluations of one session: sent, and under way until they are completed, once, by an answer,
 * a refusal, or the end of the session.
 *
 * <p>The engine's thread sends and waits. Where the channel allows it, it reads while it waits, so
 * that no other thread has to be woken; else the receiving thread completes. What is under way is
 * shared between the two without a lock.
 */
final class Evaluations {
  /**
   * The first time to read before looking whether the other thread has read the answer; it doubles.
   */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final FrameChannel channel;
  private final Hello.Host host;
  private final ClientWriter writer;
  private final SessionEnd end;
  private final Consumer<Frame> handler;
  private final BufferPool buffers = new BufferPool();
  private final AtomicLong lastRequest = new AtomicLong();
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
  private volatile long lastSent = System.nanoTime();

  /**
   * @param host limits of the other side
   * @param handler takes every frame that the engine's thread reads
   */
  Evaluations(
      FrameChannel channel,
      Hello.Host host,
      ClientWriter writer,
      SessionEnd end,
      Consumer<Frame> handler) {
    this.channel = channel;
    this.host = host;
    this.writer = writer;
    this.end = end;
    this.handler = handler;
  }

  /** Most tokens of one evaluation. */
  int maxTokens() {
    return host.maxTokens();
  }

  /** Most bytes of one evaluation, head included. */
  int maxPayload() {
    return host.maxPayload();
  }

  /** A number that no other evaluation has. */
  long next() {
    return lastRequest.incrementAndGet();
  }

  /**
   * A frame with its head; to be given to {@link #send} or {@link #abandon}.
   *
   * @param payload bytes that are to follow
   */
  ByteBuffer frame(FrameType type, long payload) {
    if (payload > host.maxPayload()) {
      throw new HeException(Reason.PROTOCOL, "a step is too large for the adapter host");
    }
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + (int) payload);
    Frame.putHead(frame, type, (int) payload);
    return frame;
  }

  /** Gives back a frame that is not sent. */
  void abandon(ByteBuffer frame) {
    buffers.give(frame);
  }

  /**
   * Sends an evaluation.
   *
   * @param frame written to its end; not to be used afterwards
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   */
  Pending send(long request, ByteBuffer frame, long deadline) {
    try {
      Pending answer = new Pending();
      pending.put(request, answer);
      end.requireStanding();
      writer.send(frame.flip(), deadline);
      lastSent = writer.lastSent();
      return answer;
    } catch (IOException e) {
      throw new HeException(Reason.CONNECTION, "the connection to the adapter host failed", e);
    } finally {
      buffers.give(frame);
    }
  }

  /**
   * Waits for an answer; for the thread that sent the evaluation.
   *
   * @param deadline on {@link System#nanoTime}'s scale
   * @return after its head; to be given back with {@link #release}
   * @throws HeException {@code he.timeout}, or why the session ended
   * @throws RefusedException if the adapter host will not
   */
  Frame await(Pending answer, long deadline) {
    if (channel.timed()) {
      receiveUntil(answer::isDone, deadline);
    }
    return answer.await(deadline);
  }

  /**
   * Receives until something has come about, or the time is over.
   *
   * @throws HeException why the session ended
   */
  void receiveUntil(BooleanSupplier condition, long deadline) {
    for (long look = LOOK_NANOS; !condition.getAsBoolean(); look *= 2) {
      long now = System.nanoTime();
      if (now - deadline >= 0) {
        return;
      }
      long until = now + Math.min(look, deadline - now);
      if (channel.timed()) {
        receive(condition, until);
      } else {
        end.requireStanding();
        LockSupport.parkNanos(this, until - now);
      }
    }
  }

  private void receive(BooleanSupplier condition, long until) {
    try {
      Frame frame;
      do {
        frame = channel.receive(host.maxPayload(), until);
        if (frame != null) {
          handler.accept(frame);
        }
      } while (frame != null && !condition.getAsBoolean());
    } catch (IOException e) {
      end.end(new HeException(Reason.CONNECTION, "the connection to the adapter host ended", e));
      end.requireStanding();
    } catch (HeException e) {
      end.end(e);
      throw e;
    }
  }

  /** Gives back what an answer lay in. */
  void release(Frame frame) {
    channel.release(frame);
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
