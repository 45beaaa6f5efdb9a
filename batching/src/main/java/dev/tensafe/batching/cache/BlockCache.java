package dev.tensafe.batching.cache;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The cache's blocks with the addresses of their content. A block gets its address when all of it
 * is computed, keeps it until it is taken for something else, and is never written in between. One
 * address has one block: a second block with the same content stays without. Confined to one
 * thread.
 */
public final class BlockCache {
  private final BlockPool pool;
  private final Map<BlockKey, Integer> blocks = new HashMap<>();
  private final @Nullable BlockKey[] keys;

  /** Addresses that a running sequence is about to fill, with that sequence. */
  private final Map<BlockKey, Long> coming = new HashMap<>();

  /**
   * @param blocks number of blocks, numbered from 0
   */
  public BlockCache(int blocks) {
    this.pool = new BlockPool(blocks);
    this.keys = new BlockKey[blocks];
  }

  /** Blocks that can be taken. */
  public int available() {
    return pool.available();
  }

  /** Blocks with an owner. */
  public int held() {
    return pool.held();
  }

  /** All blocks. */
  public int total() {
    return pool.total();
  }

  /** Blocks nobody holds whose content can be found. */
  public int evictable() {
    return pool.evictable();
  }

  /** Owners of a block. */
  public int references(int block) {
    return pool.references(block);
  }

  /** Blocks whose content can be found. */
  public int addressable() {
    return blocks.size();
  }

  /**
   * How much of a sequence is there.
   *
   * @param tokens of the sequence
   * @param limit blocks to look for at most; all of them full
   */
  public CachedPrefix find(KeyChain chain, int[] tokens, int limit) {
    int held = 0;
    for (int i = 0; i < limit; i++) {
      BlockKey key = chain.key(i, tokens);
      Integer block = blocks.get(key);
      if (block == null) {
        return new CachedPrefix(i, held, key, coming.getOrDefault(key, CachedPrefix.NOBODY));
      }
      held += pool.references(block) > 0 ? 1 : 0;
    }
    return new CachedPrefix(limit, held, null, CachedPrefix.NOBODY);
  }

  /**
   * Adds an owner to the block at an address.
   *
   * @throws IllegalStateException when nothing is there
   */
  public int share(BlockKey key) {
    Integer block = blocks.get(key);
    if (block == null) {
      throw new IllegalStateException("no block has this content");
    }
    pool.share(block);
    return block;
  }

  /** Takes one block for one owner; what was in it is found no more. */
  public int take() {
    int block = pool.take();
    drop(block);
    return block;
  }

  /** Gives blocks back; of those that can be found, the last named is evicted first. */
  public void release(int[] released) {
    pool.release(released);
  }

  /**
   * Says that a held block is complete.
   *
   * @return whether it can be found from now on: not when another one has the same content
   */
  public boolean publish(BlockKey key, int block) {
    coming.remove(key);
    if (blocks.putIfAbsent(key, block) != null) {
      return false;
    }
    keys[block] = key;
    pool.makeAddressable(block);
    return true;
  }

  /** What is at an address is found no more; its owners keep it. */
  public void forget(BlockKey key) {
    Integer block = blocks.get(key);
    if (block != null) {
      drop(block);
      pool.hide(block);
    }
  }

  private void drop(int block) {
    BlockKey key = keys[block];
    if (key != null) {
      blocks.remove(key);
      keys[block] = null;
    }
  }

  /** Says that a sequence is about to compute what belongs at an address. */
  public void announce(BlockKey key, long sequence) {
    coming.putIfAbsent(key, sequence);
  }

  /** Takes back what a sequence has announced and not published. */
  public void withdraw(BlockKey key, long sequence) {
    coming.remove(key, sequence);
  }
}
