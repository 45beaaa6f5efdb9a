package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.nativelib.ckks.AnswerBlock;
import dev.tensafe.nativelib.ckks.Pads;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A block of pads of an adapter: for every group what re-randomises the answers to all lanes that
 * are bound to it. It takes so many lanes and then no more; a group's part is wiped when the last
 * of them has its noise. Thread-safe; nobody waits for anybody in it.
 */
final class HostBlock implements AutoCloseable {
  private final int number;
  private final int tokens;
  private final AtomicReferenceArray<@Nullable AnswerBlock> answers;

  /** Lanes that may still have noise made of a group. */
  private final AtomicIntegerArray owed;

  private int bound;
  private volatile boolean full;
  private volatile boolean closed;

  /**
   * @param tokens positions of a lane
   */
  HostBlock(int number, int tokens, int groups) {
    this.number = number;
    this.tokens = tokens;
    this.answers = new AtomicReferenceArray<>(groups);
    this.owed = new AtomicIntegerArray(groups);
  }

  int number() {
    return number;
  }

  int tokens() {
    return tokens;
  }

  /** Whether it takes no more lanes. */
  boolean isFull() {
    return full;
  }

  boolean isClosed() {
    return closed;
  }

  /**
   * A group's part is ready.
   *
   * @param made closed with this
   */
  void put(int group, AnswerBlock made) {
    answers.set(group, made);
    if (closed) {
      end(group);
    }
  }

  /** A group's part; null before it is made, and when it is not needed any more. */
  @Nullable AnswerBlock answers(int group) {
    return answers.get(group);
  }

  /**
   * One more lane will use it. For the session's thread.
   *
   * @throws HeException {@code he.protocol} for one too many
   */
  void bind() {
    if (full) {
      throw new HeException(Reason.PROTOCOL, "block " + number + " has all its lanes");
    }
    for (int group = 0; group < owed.length(); group++) {
      owed.incrementAndGet(group);
    }
    bound++;
    if (bound == Pads.lanes(tokens)) {
      full = true;
      for (int group = 0; group < owed.length(); group++) {
        endIfDone(group);
      }
    }
  }

  /** A lane has its noise of a group, or will not need it. Once for each. */
  void settle(int group) {
    owed.decrementAndGet(group);
    endIfDone(group);
  }

  private void endIfDone(int group) {
    if (full && owed.get(group) == 0) {
      end(group);
    }
  }

  private void end(int group) {
    AnswerBlock held = answers.getAndSet(group, null);
    if (held != null) {
      held.close();
    }
  }

  @Override
  public void close() {
    closed = true;
    for (int group = 0; group < answers.length(); group++) {
      end(group);
    }
  }
}
