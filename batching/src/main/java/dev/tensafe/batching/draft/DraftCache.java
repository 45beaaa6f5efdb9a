package dev.tensafe.batching.draft;

import dev.tensafe.model.exec.ModelExecutor;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a draft model has computed of which sequence, in blocks of its cache. It is of no weight: a
 * sequence that needs room takes it from the one that has gone longest without a guess, unless that
 * is part of the same call. Blocks are no sequence's or one's. Confined to the engine's thread.
 */
final class DraftCache {
  private static final int BLOCK = ModelExecutor.BLOCK_SIZE;

  /** In the order of their last use. */
  private final Map<Long, Kept> sequences = new LinkedHashMap<>(16, 0.75f, true);

  private final Deque<Integer> free = new ArrayDeque<>();
  private long call;

  DraftCache(int blocks) {
    for (int block = 0; block < blocks; block++) {
      free.add(block);
    }
  }

  /** From now on, what is asked for belongs together: nothing of it gives way to the rest. */
  void nextCall() {
    call++;
  }

  /** What is kept of a sequence; nothing of one that is not known. */
  Kept of(long sequence) {
    Kept kept = sequences.computeIfAbsent(sequence, id -> new Kept());
    kept.lastCall = call;
    return kept;
  }

  /**
   * Has a sequence hold blocks for its first tokens.
   *
   * @return false if there is no room; what it holds stays
   */
  boolean reserve(Kept kept, int tokens) {
    int needed = (tokens + BLOCK - 1) / BLOCK - kept.blockCount;
    while (free.size() < needed && evict()) {
      // the next one, until it is enough
    }
    if (free.size() < needed) {
      return false;
    }
    for (int i = 0; i < needed; i++) {
      kept.add(free.remove());
    }
    return true;
  }

  /** Takes the blocks of the sequence that was used least recently, before this call. */
  private boolean evict() {
    for (Kept kept : sequences.values()) {
      if (kept.lastCall == call) {
        return false;
      }
      if (kept.blockCount > 0) {
        give(kept);
        return true;
      }
    }
    return false;
  }

  private void give(Kept kept) {
    for (int i = 0; i < kept.blockCount; i++) {
      free.add(kept.blocks[i]);
    }
    kept.blockCount = 0;
    kept.computed = 0;
  }

  void drop(long sequence) {
    Kept kept = sequences.remove(sequence);
    if (kept != null) {
      give(kept);
    }
  }

  void clear() {
    sequences.values().forEach(this::give);
    sequences.clear();
  }

  /** Blocks that no sequence holds. */
  int free() {
    return free.size();
  }

  /** A sequence's tokens whose keys and values are in the cache. */
  static final class Kept {
    private int[] tokens = {};
    private int[] blocks = {};
    private int blockCount;
    private int computed;
    private long lastCall;
    private boolean failed;

    /** Keeps what agrees with a sequence's first tokens, {@code most} of them at most. */
    void follow(int[] now, int most) {
      int end = Math.min(computed, most);
      int differs = Arrays.mismatch(tokens, 0, end, now, 0, end);
      computed = differs < 0 ? end : differs;
    }

    /** How many tokens are there. */
    int computed() {
      return computed;
    }

    /** The first tokens of {@code from} are there from now on. */
    void computed(int[] from, int count) {
      if (tokens.length < count) {
        tokens = Arrays.copyOf(tokens, Math.max(count, from.length) * 2);
      }
      System.arraycopy(from, computed, tokens, computed, count - computed);
      computed = count;
    }

    int[] blocks() {
      return Arrays.copyOf(blocks, blockCount);
    }

    private void add(int block) {
      if (blockCount == blocks.length) {
        blocks = Arrays.copyOf(blocks, Math.max(4, blockCount * 2));
      }
      blocks[blockCount++] = block;
    }

    boolean failed() {
      return failed;
    }

    /** Nothing is guessed for it any more. */
    void fail() {
      failed = true;
    }
  }
}
