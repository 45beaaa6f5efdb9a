package dev.tensafe.batching.schedule;

import java.util.BitSet;

/**
 * Owns the cache's blocks. A block is either free or held by exactly one sequence; releasing a free
 * block or a foreign one is an error, not a leak. Confined to one thread.
 */
public final class BlockPool {
  private final int[] free;
  private final BitSet held;
  private int freeCount;

  /**
   * @param blocks number of blocks, numbered from 0
   */
  public BlockPool(int blocks) {
    if (blocks < 1) {
      throw new IllegalArgumentException("a cache has at least one block, not " + blocks);
    }
    free = new int[blocks];
    held = new BitSet(blocks);
    freeCount = blocks;
    for (int i = 0; i < blocks; i++) {
      free[i] = blocks - 1 - i;
    }
  }

  public int total() {
    return free.length;
  }

  public int free() {
    return freeCount;
  }

  /** Takes one block; fails if none is free. */
  public int take() {
    if (freeCount == 0) {
      throw new IllegalStateException("no free block");
    }
    int block = free[--freeCount];
    held.set(block);
    return block;
  }

  /** Gives blocks back. */
  public void release(int[] blocks) {
    for (int block : blocks) {
      if (!held.get(block)) {
        throw new IllegalStateException("block " + block + " is not held");
      }
      held.clear(block);
      free[freeCount++] = block;
    }
  }
}
