package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.nativelib.ckks.AnswerBlock;
import dev.tensafe.nativelib.ckks.LaneNoise;
import dev.tensafe.nativelib.ckks.PublicKey;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A lane's use of a block of pads: its noise for the answers of every group, and the positions that
 * were answered. The noise of a group is made once, ahead by the {@link PoolFiller}'s thread or by
 * the session's when it is needed; where both make it, one of the two is thrown away unused. So the
 * session never waits for a thread of idle priority.
 */
final class LaneBinding implements AutoCloseable {
  /** In the place of noise that is used up, or will not be needed. */
  private enum Gone implements AutoCloseable {
    GONE;

    @Override
    public void close() {}
  }

  private final int ref;
  private final HostBlock block;
  private final PublicKey key;
  private final AheadMemory memory;
  private final int[] rows;
  private final AtomicReferenceArray<@Nullable AutoCloseable> noise;

  /** The first position of each group that was not answered. The session's thread's. */
  private final short[] next;

  /**
   * @param ref of the adapter
   * @param block where this is one of the bound lanes
   * @param key of the lane
   * @param rows of every group
   */
  LaneBinding(int ref, HostBlock block, PublicKey key, AheadMemory memory, int[] rows) {
    this.ref = ref;
    this.block = block;
    this.key = key;
    this.memory = memory;
    this.rows = rows;
    this.noise = new AtomicReferenceArray<>(rows.length);
    this.next = new short[rows.length];
  }

  int ref() {
    return ref;
  }

  int block() {
    return block.number();
  }

  /** Makes all noise for which there is memory. Any thread. */
  void makeAhead() {
    for (int group = 0; group < rows.length; group++) {
      if (memory.isFull()) {
        return;
      }
      AnswerBlock answers = block.answers(group);
      if (noise.get(group) == null && answers != null) {
        make(group, answers);
      }
    }
  }

  /**
   * The noise for positions, which count as answered from now on. For the session's thread.
   *
   * @throws HeException {@code he.protocol} for positions that the block does not have, or that
   *     were answered
   */
  LaneNoise take(int group, int first, int count) {
    if (first < next[group] || first + count > block.tokens()) {
      throw new HeException(Reason.PROTOCOL, "positions that were answered, or are none");
    }
    AutoCloseable held = noise.get(group);
    if (held == null) {
      AnswerBlock answers = block.answers(group);
      held = answers == null ? noise.get(group) : make(group, answers);
    }
    if (!(held instanceof LaneNoise taken)) {
      throw new HeException(Reason.PROTOCOL, "block " + block.number() + " is not ready");
    }
    next[group] = (short) (first + count);
    return taken;
  }

  /** Wipes the noise of a group all of whose positions were answered. */
  void endIfUsedUp(int group) {
    if (next[group] == block.tokens()) {
      end(group);
    }
  }

  /** Makes the noise of a group, or finds that it was made meanwhile. */
  private @Nullable AutoCloseable make(int group, AnswerBlock answers) {
    LaneNoise made;
    try {
      made = LaneNoise.make(answers, key);
    } catch (IllegalStateException e) {
      return noise.get(group); // made meanwhile, or its session has just ended
    }
    if (noise.compareAndSet(group, null, made)) {
      memory.add(bytes(group));
      block.settle(group);
      return made;
    }
    made.close();
    return noise.get(group);
  }

  private long bytes(int group) {
    return LaneNoise.bytes(block.tokens(), rows[group]);
  }

  private void end(int group) {
    AutoCloseable before = noise.getAndSet(group, Gone.GONE);
    if (before == null) {
      block.settle(group);
    } else if (before instanceof LaneNoise held) {
      held.close();
      memory.add(-bytes(group));
    }
  }

  @Override
  public void close() {
    for (int group = 0; group < rows.length; group++) {
      end(group);
    }
  }
}
