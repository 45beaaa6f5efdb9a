package dev.tensafe.batching.engine;

import dev.tensafe.batching.cache.BlockCache;
import dev.tensafe.batching.cache.BlockKey;
import dev.tensafe.batching.cache.CachedPrefix;
import dev.tensafe.batching.cache.KeyChain;
import dev.tensafe.batching.cache.PrefixSharing;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which blocks of the cache sequences hold: the first of them shared with whoever began alike, the
 * others their own. A block is written by the sequence that took it, until it is full; from then on
 * nobody writes it, and it can be found. A sequence that holds what is not trusted any more is
 * <em>tainted</em>: until it starts over it makes nothing known. Confined to the engine.
 */
final class SequenceBlocks {
  private final BlockCache cache;
  private final int blockSize;
  private final PrefixSharing sharing;

  SequenceBlocks(EngineConfig config) {
    this.cache = new BlockCache(config.cacheBlocks());
    this.blockSize = config.scheduler().blockSize();
    this.sharing = config.prefixes();
  }

  int available() {
    return cache.available();
  }

  int held() {
    return cache.held();
  }

  int total() {
    return cache.total();
  }

  /** Blocks whose content can be found. */
  int addressable() {
    return cache.addressable();
  }

  /**
   * A sequence has arrived; one whose prompt is scored needs every row, so it shares nothing.
   *
   * @return how many of its tokens are there
   */
  int prepare(Sequence s) {
    if (!sharing.on() || s.request.scorePrompt()) {
      return 0;
    }
    s.share(sharing.chain(s.request.scope(), s.request.promptTokens(), blockSize));
    return prefix(s, List.of()).blocks() * blockSize;
  }

  /** Blocks that nobody but these sequences holds. */
  int freedBy(List<Sequence> sequences) {
    int freed = 0;
    for (Map.Entry<Integer, Integer> e : given(sequences).entrySet()) {
      freed += cache.references(e.getKey()) == e.getValue() ? 1 : 0;
    }
    return freed;
  }

  /** How often sequences hold each of their blocks. */
  private static Map<Integer, Integer> given(List<Sequence> sequences) {
    Map<Integer, Integer> given = new HashMap<>();
    for (Sequence s : sequences) {
      for (int block : s.blocks()) {
        given.merge(block, 1, Integer::sum);
      }
    }
    return given;
  }

  /**
   * What is there of a waiting sequence; its last token is always computed.
   *
   * @param without running sequences whose blocks are not counted as held
   */
  CachedPrefix prefix(Sequence s, List<Sequence> without) {
    KeyChain chain = s.chain();
    return chain == null
        ? CachedPrefix.NONE
        : cache.find(chain, s.tokens(), (s.count() - 1) / blockSize, given(without));
  }

  /** Gives a sequence its first blocks, whose content is there. */
  void share(Sequence s, int blocks) {
    KeyChain chain = s.chain();
    if (chain == null) {
      return;
    }
    for (int i = 0; i < blocks; i++) {
      s.addBlock(cache.share(chain.key(i, s.tokens())));
    }
    s.resume(blocks, blocks * blockSize);
  }

  void extend(Sequence s, int blocks) {
    for (int i = 0; i < blocks; i++) {
      s.addBlock(cache.take());
    }
  }

  /** Says what of its tokens a sequence is going to compute, so that others wait for it. */
  void announce(Sequence s) {
    KeyChain chain = s.chain();
    if (chain != null) {
      for (int i = s.published(); i < s.count() / blockSize; i++) {
        cache.announce(chain.key(i, s.tokens()), s.id);
      }
    }
  }

  private void withdraw(Sequence s) {
    KeyChain chain = s.chain();
    if (chain != null) {
      for (int i = s.published(); i < s.count() / blockSize; i++) {
        cache.withdraw(chain.key(i, s.tokens()), s.id);
      }
    }
  }

  /** Makes what a sequence has completed since the last time known. */
  void publish(Sequence s) {
    KeyChain chain = s.chain();
    if (chain == null || s.tainted()) {
      return;
    }
    int complete = s.computed() / blockSize;
    String adapter = s.request.scope().adapterDigest();
    for (int i = s.published(); i < complete; i++) {
      s.replaceBlock(i, cache.publish(chain, i, s.tokens(), adapter, s.block(i)));
    }
    s.publishedTo(complete);
  }

  /**
   * Makes what a sequence computed itself unknown again, and what was computed from it.
   *
   * @return the blocks
   */
  Set<Integer> forget(Sequence s) {
    KeyChain chain = s.chain();
    if (chain == null || s.published() == s.sharedBlocks()) {
      return Set.of();
    }
    Set<BlockKey> keys = new HashSet<>();
    for (int i = s.sharedBlocks(); i < s.published(); i++) {
      keys.add(chain.key(i, s.tokens()));
    }
    return cache.forget(keys);
  }

  /** Makes what was computed with an adapter unknown. */
  void forgetAdapter(String digest) {
    cache.forgetAdapter(digest);
  }

  /** A sequence goes on with what is not trusted: others do not wait for it, and get none of it. */
  void taint(Sequence s) {
    withdraw(s);
    s.taint();
  }

  /** Takes back all that a sequence holds. */
  void release(Sequence s) {
    withdraw(s);
    cache.release(s.reset());
  }

  /** Drops the last tokens of a sequence, and takes back the blocks they leave. */
  void rewind(Sequence s, int tokens) {
    withdraw(s);
    cache.release(s.rewind(tokens, blockSize));
  }
}
