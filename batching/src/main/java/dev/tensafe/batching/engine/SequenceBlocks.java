package dev.tensafe.batching.engine;

import dev.tensafe.batching.cache.BlockCache;
import dev.tensafe.batching.cache.BlockKey;
import dev.tensafe.batching.cache.CachedPrefix;
import dev.tensafe.batching.cache.KeyChain;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which blocks of the cache sequences hold: the first of them shared with whoever began alike, the
 * others their own. A block is written by the sequence that took it, until it is full; from then on
 * nobody writes it, and it can be found. Confined to the engine.
 */
final class SequenceBlocks {
  private final BlockCache cache;
  private final int blockSize;
  private final boolean prefixCaching;
  private final String model;

  SequenceBlocks(EngineConfig config) {
    this.cache = new BlockCache(config.cacheBlocks());
    this.blockSize = config.scheduler().blockSize();
    this.prefixCaching = config.prefixCaching();
    this.model = config.model();
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

  /** A sequence has arrived; one whose prompt is scored needs every row, so it shares nothing. */
  void prepare(Sequence s) {
    if (prefixCaching && !s.request.scorePrompt()) {
      s.share(new KeyChain(s.request.scope().root(model), blockSize));
    }
  }

  /** Blocks that nobody but these sequences holds. */
  int freedBy(List<Sequence> sequences) {
    Map<Integer, Integer> given = new HashMap<>();
    for (Sequence s : sequences) {
      for (int block : s.blocks()) {
        given.merge(block, 1, Integer::sum);
      }
    }
    int freed = 0;
    for (Map.Entry<Integer, Integer> e : given.entrySet()) {
      freed += cache.references(e.getKey()) == e.getValue() ? 1 : 0;
    }
    return freed;
  }

  /** What is there of a waiting sequence; its last token is always computed. */
  CachedPrefix prefix(Sequence s) {
    KeyChain chain = s.chain();
    return chain == null
        ? CachedPrefix.NONE
        : cache.find(chain, s.tokens(), (s.count() - 1) / blockSize);
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
    if (chain == null) {
      return;
    }
    int complete = s.computed() / blockSize;
    for (int i = s.published(); i < complete; i++) {
      cache.publish(chain.key(i, s.tokens()), s.block(i));
    }
    s.publishedTo(complete);
  }

  /** Makes what a sequence computed itself unknown again. */
  void forget(Sequence s) {
    KeyChain chain = s.chain();
    if (chain == null) {
      return;
    }
    for (int i = s.sharedBlocks(); i < s.published(); i++) {
      BlockKey key = chain.key(i, s.tokens());
      cache.forget(key);
    }
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
