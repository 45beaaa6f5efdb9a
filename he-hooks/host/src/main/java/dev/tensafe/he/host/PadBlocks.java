package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.nativelib.ckks.AnswerPads;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The blocks of pads of one group in one session: announced, ready, then ended, each once. The
 * session's thread announces and ends, the {@link PoolFiller}'s makes ready. Thread-safe.
 */
final class PadBlocks implements AutoCloseable {
  private final int most;

  @GuardedBy("this")
  private final Set<Integer> announced = new HashSet<>();

  @GuardedBy("this")
  private final Map<Integer, AnswerPads> ready = new HashMap<>();

  @GuardedBy("this")
  private int highest;

  @GuardedBy("this")
  private boolean closed;

  /**
   * @param most at a time
   */
  PadBlocks(int most) {
    this.most = most;
  }

  /**
   * A block is about to be made.
   *
   * @throws HeException {@code he.protocol} for one too many, or a number that was used
   */
  synchronized void announce(int block) {
    if (block <= highest || announced.size() >= most) {
      throw new HeException(Reason.PROTOCOL, "too many blocks of pads, or one again");
    }
    highest = block;
    announced.add(block);
  }

  /** The number of blocks that exist or are announced. */
  synchronized int count() {
    return announced.size();
  }

  synchronized void put(int block, AnswerPads pads) {
    if (closed) {
      pads.close();
    } else {
      ready.put(block, pads);
    }
  }

  /**
   * @throws HeException {@code he.protocol} if there is no such block
   */
  synchronized AnswerPads get(int block) {
    AnswerPads pads = ready.get(block);
    if (pads == null) {
      throw new HeException(Reason.PROTOCOL, "there is no block " + block + " of pads");
    }
    return pads;
  }

  /** A block is used up. */
  synchronized void end(int block) {
    AnswerPads pads = ready.remove(block);
    announced.remove(block);
    if (pads != null) {
      pads.close();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    ready.values().forEach(AnswerPads::close);
    ready.clear();
  }
}
