package dev.tensafe.batching.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The cache's blocks with the addresses of their content. A block gets its address when all of it
 * is computed, keeps it until it is taken for something else, and is never written in between. One
 * address has one block: who computed the same content beside another takes the other's block
 * instead, so that whoever holds a block holds all that come before it, and a block is evicted no
 * later than those. Confined to one thread.
 */
public final class BlockCache {
  private final BlockPool pool;
  private final Map<BlockKey, Integer> blocks = new HashMap<>();
  private final @Nullable Entry[] entries;

  /** Addresses that a running sequence is about to fill, with that sequence. */
  private final Map<BlockKey, Long> coming = new HashMap<>();

  /**
   * What is known of a block's content.
   *
   * @param before key of the block before it, or a root
   * @param adapter digest of the adapter that computed it; empty for the base model
   */
  private record Entry(BlockKey key, BlockKey before, String adapter) {}

  /**
   * @param blocks number of blocks, numbered from 0
   */
  public BlockCache(int blocks) {
    this.pool = new BlockPool(blocks);
    this.entries = new Entry[blocks];
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

  /** The block at an address; null if nothing is there. */
  public @Nullable Integer at(BlockKey key) {
    return blocks.get(key);
  }

  /**
   * How much of a sequence is there.
   *
   * @param tokens of the sequence
   * @param limit blocks to look for at most; all of them full
   * @param given by block, references that are about to be given up: only more than those count as
   *     held
   */
  public CachedPrefix find(KeyChain chain, int[] tokens, int limit, Map<Integer, Integer> given) {
    int held = 0;
    for (int i = 0; i < limit; i++) {
      BlockKey key = chain.key(i, tokens);
      Integer block = blocks.get(key);
      if (block == null) {
        return new CachedPrefix(i, held, key, coming.getOrDefault(key, CachedPrefix.NOBODY));
      }
      held += pool.references(block) > given.getOrDefault(block, 0) ? 1 : 0;
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
   * Says that a held block is complete, so that it can be found from now on.
   *
   * @param index of the block in its sequence, whose keys are {@code chain}
   * @param tokens of the sequence
   * @param adapter digest of the adapter that computed it; empty for the base model
   * @return the block that its owner holds from now on: where another one has the same content,
   *     that one, and the one given is given back
   */
  public int publish(KeyChain chain, int index, int[] tokens, String adapter, int block) {
    BlockKey key = chain.key(index, tokens);
    coming.remove(key);
    Integer there = blocks.putIfAbsent(key, block);
    if (there != null) {
      if (there != block) {
        pool.share(there);
        pool.release(new int[] {block});
      }
      return there;
    }
    entries[block] = new Entry(key, chain.before(index), adapter);
    pool.makeAddressable(block);
    return block;
  }

  /**
   * What is at these addresses is found no more, and neither is what was computed from it; owners
   * keep it. Takes time in proportion to the whole cache: for what should not happen.
   *
   * @return the blocks
   */
  public Set<Integer> forget(Set<BlockKey> keys) {
    return forget(entry -> keys.contains(entry.key()));
  }

  /**
   * As {@link #forget}, for all that an adapter computed.
   *
   * @param adapter digest
   */
  public Set<Integer> forgetAdapter(String adapter) {
    return forget(entry -> entry.adapter().equals(adapter));
  }

  private Set<Integer> forget(Predicate<Entry> first) {
    Map<BlockKey, List<Integer>> after = new HashMap<>();
    Deque<Integer> next = new ArrayDeque<>();
    for (int block : blocks.values()) {
      Entry entry = entry(block);
      after.computeIfAbsent(entry.before(), key -> new ArrayList<>()).add(block);
      if (first.test(entry)) {
        next.add(block);
      }
    }
    Set<Integer> forgotten = new HashSet<>();
    while (!next.isEmpty()) {
      int block = next.remove();
      if (forgotten.add(block)) {
        next.addAll(after.getOrDefault(entry(block).key(), List.of()));
      }
    }
    for (int block : forgotten) {
      drop(block);
      pool.hide(block);
    }
    return forgotten;
  }

  private Entry entry(int block) {
    Entry entry = entries[block];
    if (entry == null) {
      throw new IllegalStateException("block " + block + " has no address");
    }
    return entry;
  }

  private void drop(int block) {
    Entry entry = entries[block];
    if (entry != null) {
      blocks.remove(entry.key());
      entries[block] = null;
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

  /** Addresses that somebody is about to fill. */
  public int announced() {
    return coming.size();
  }
}
