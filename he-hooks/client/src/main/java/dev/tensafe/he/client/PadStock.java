package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.nativelib.ckks.InputPads;
import dev.tensafe.nativelib.ckks.Pads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pads of one group in one session: blocks that are ready, blocks on their way. The engine's
 * thread takes positions, which nobody gets again; the pad maker's thread makes blocks when there
 * is time; the thread that ends the session closes. Thread-safe.
 */
final class PadStock implements AutoCloseable {
  /** Blocks ready or on their way: one is used while the other is made. */
  static final int BLOCKS = 2;

  @GuardedBy("this")
  private final Deque<Block> ready = new ArrayDeque<>();

  /** Own halves, by number, of blocks whose other half has not come yet. */
  @GuardedBy("this")
  private final Map<Integer, InputPads> made = new HashMap<>();

  @GuardedBy("this")
  private int onTheirWay;

  @GuardedBy("this")
  private int lastBlock;

  @GuardedBy("this")
  private boolean closed;

  /** Guarded by its stock. */
  private static final class Block {
    final int number;
    final InputPads pads;
    int next;

    Block(int number, InputPads pads) {
      this.number = number;
      this.pads = pads;
    }

    int left() {
      return Pads.POSITIONS - next;
    }
  }

  /**
   * Positions of one block.
   *
   * @param block its number
   * @param last whether the block is used up with them
   */
  record Run(int block, InputPads pads, int first, int count, boolean last)
      implements AutoCloseable {
    /** After the answers, or without them: a block that is used up is wiped. */
    @Override
    public void close() {
      if (last) {
        pads.close();
      }
    }
  }

  /**
   * Takes positions for as many tokens, of one block or of two; none if there are too few.
   *
   * @return in the order of the tokens; each to be closed
   */
  synchronized List<Run> take(int count) {
    if (available() < count) {
      return List.of();
    }
    List<Run> runs = new ArrayList<>();
    int missing = count;
    while (missing > 0) {
      Block block = ready.getFirst();
      int some = Math.min(missing, block.left());
      boolean last = some == block.left();
      runs.add(new Run(block.number, block.pads, block.next, some, last));
      block.next += some;
      missing -= some;
      if (last) {
        ready.removeFirst();
      }
    }
    return runs;
  }

  /** Positions that can be taken now. */
  synchronized int available() {
    return ready.stream().mapToInt(Block::left).sum();
  }

  /** The number of blocks that should be begun; they count as on their way. */
  synchronized int begin() {
    int missing = closed ? 0 : Math.max(0, BLOCKS - ready.size() - onTheirWay);
    onTheirWay += missing;
    return missing;
  }

  /**
   * Keeps the own half of a block.
   *
   * @return its number, or 0 if it comes too late
   */
  synchronized int made(InputPads pads) {
    if (closed) {
      pads.close();
      return 0;
    }
    made.put(++lastBlock, pads);
    return lastBlock;
  }

  /**
   * The own half of a block whose other half has come; null once the stock is closed.
   *
   * @throws IllegalArgumentException if there is none
   */
  synchronized @Nullable InputPads own(int number) {
    InputPads pads = made.remove(number);
    if (pads == null && !closed) {
      throw new IllegalArgumentException("a block nobody asked for");
    }
    return pads;
  }

  /** A block can be used. */
  synchronized void ready(int number, InputPads pads) {
    onTheirWay--;
    if (closed) {
      pads.close();
    } else {
      ready.addLast(new Block(number, pads));
    }
  }

  /** Wipes what was not used. */
  @Override
  public synchronized void close() {
    closed = true;
    ready.forEach(block -> block.pads.close());
    ready.clear();
    made.values().forEach(InputPads::close);
    made.clear();
  }
}
