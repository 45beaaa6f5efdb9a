package dev.tensafe.batching.cache;

import java.util.Arrays;

/**
 * Owns the cache's blocks. A block is in one of three states:
 *
 * <ul>
 *   <li><em>free</em>: nobody holds it and nobody can find its content;
 *   <li><em>held</em>: by as many owners as its reference count says;
 *   <li><em>evictable</em>: nobody holds it, but its content is addressable, so that it may be held
 *       again until it is taken for something else.
 * </ul>
 *
 * <p>A block is taken from the free ones, the latest released first: its memory is likely to be
 * warm. When there are none, the evictable block that was released longest ago is evicted. Giving
 * back what is not held is an error, not a leak, and then changes nothing. Confined to one thread.
 */
public final class BlockPool {
  private final int[] references;
  private final boolean[] addressable;
  private final int[] free;
  private int freeCount;
  private final EvictionOrder evictable;

  /**
   * @param blocks number of blocks, numbered from 0
   */
  public BlockPool(int blocks) {
    if (blocks < 1) {
      throw new IllegalArgumentException("a cache has at least one block, not " + blocks);
    }
    references = new int[blocks];
    addressable = new boolean[blocks];
    evictable = new EvictionOrder(blocks);
    free = new int[blocks];
    freeCount = blocks;
    for (int i = 0; i < blocks; i++) {
      free[i] = blocks - 1 - i;
    }
  }

  public int total() {
    return references.length;
  }

  /** Blocks that can be taken: free ones and evictable ones. */
  public int available() {
    return freeCount + evictable.size();
  }

  /** Blocks whose content nobody holds but somebody may find. */
  public int evictable() {
    return evictable.size();
  }

  /** Blocks with an owner. */
  public int held() {
    return total() - available();
  }

  /** Owners of a block. */
  public int references(int block) {
    return references[block];
  }

  /**
   * Takes one block for one owner; whatever its content was is gone.
   *
   * @throws IllegalStateException when all blocks are held
   */
  public int take() {
    int block;
    if (freeCount > 0) {
      block = free[--freeCount];
    } else if (evictable.size() > 0) {
      block = evictable.removeOldest();
      addressable[block] = false;
    } else {
      throw new IllegalStateException("all " + total() + " blocks are held");
    }
    references[block] = 1;
    return block;
  }

  /**
   * Says that a held block's content can be found from now on: released by its last owner, it is
   * evictable instead of free.
   *
   * @throws IllegalStateException when nobody holds the block
   */
  public void makeAddressable(int block) {
    if (references[block] == 0) {
      throw new IllegalStateException("block " + block + " is not held");
    }
    addressable[block] = true;
  }

  /** Takes {@link #makeAddressable} back: a block that nobody holds is free from now on. */
  public void hide(int block) {
    if (addressable[block] && references[block] == 0) {
      evictable.remove(block);
      free[freeCount++] = block;
    }
    addressable[block] = false;
  }

  /**
   * Adds an owner to a block that is held or evictable.
   *
   * @throws IllegalStateException when the block is free: it has no content to share
   */
  public void share(int block) {
    if (references[block] == 0) {
      if (!addressable[block]) {
        throw new IllegalStateException("block " + block + " is free");
      }
      evictable.remove(block);
    }
    references[block]++;
  }

  /**
   * Gives blocks back, one reference for each time a block is named; all or none. Of those that
   * become evictable the last named is evicted first: blocks are named in the order of their
   * sequence, and one without the one before it cannot be found.
   *
   * @throws IllegalStateException when a block is named more often than it is held
   */
  public void release(int[] blocks) {
    check(blocks);
    for (int i = blocks.length - 1; i >= 0; i--) {
      int block = blocks[i];
      if (--references[block] > 0) {
        continue;
      }
      if (addressable[block]) {
        evictable.add(block);
      } else {
        free[freeCount++] = block;
      }
    }
  }

  private void check(int[] blocks) {
    int[] sorted = blocks.clone();
    Arrays.sort(sorted);
    int times = 0;
    for (int i = 0; i < sorted.length; i++) {
      times = i > 0 && sorted[i] == sorted[i - 1] ? times + 1 : 1;
      int block = sorted[i];
      if (block < 0 || block >= total() || references[block] < times) {
        throw new IllegalStateException("block " + block + " is given back but not held");
      }
    }
  }
}
