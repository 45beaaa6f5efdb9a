package dev.tensafe.he.host;

import java.util.Arrays;

/**
 * Tokens of one account by the group that evaluated them; groups are numbered as their adapter has
 * them. Guarded by its {@link TokenMeter}.
 */
final class GroupCounts {
  private long[] counts = {};
  private long largest;

  /** By how much the largest count would grow if a group evaluated more tokens. */
  long growth(int group, long tokens) {
    return Math.max(0, count(group) + tokens - largest);
  }

  void add(int group, long tokens) {
    if (group >= counts.length) {
      counts = Arrays.copyOf(counts, group + 1);
    }
    counts[group] += tokens;
    largest = Math.max(largest, counts[group]);
  }

  /** The largest count of any group. */
  long largest() {
    return largest;
  }

  private long count(int group) {
    return group < counts.length ? counts[group] : 0;
  }
}
