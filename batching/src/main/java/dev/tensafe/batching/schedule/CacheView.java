package dev.tensafe.batching.schedule;

import dev.tensafe.batching.cache.CachedPrefix;
import java.util.List;

/**
 * What a plan may know of the cache. Pure for the length of one plan: the same question has the
 * same answer, and nothing is changed.
 */
public interface CacheView {
  /** Blocks that can be given out: free or evictable. */
  int available();

  /**
   * Blocks that could be given out in addition if running sequences gave up theirs: those that
   * nobody else holds.
   *
   * @param sequences ids
   */
  int freedBy(List<Long> sequences);

  /**
   * What the cache has of a waiting sequence.
   *
   * @param without ids of running sequences whose blocks are not counted as held
   */
  CachedPrefix prefix(long sequence, List<Long> without);

  /** A cache in which nothing is shared. */
  static CacheView unshared(int available, List<SequenceState> states) {
    return new CacheView() {
      @Override
      public int available() {
        return available;
      }

      @Override
      public int freedBy(List<Long> sequences) {
        return states.stream()
            .filter(s -> sequences.contains(s.id()))
            .mapToInt(SequenceState::blocks)
            .sum();
      }

      @Override
      public CachedPrefix prefix(long sequence, List<Long> without) {
        return CachedPrefix.NONE;
      }
    };
  }
}
