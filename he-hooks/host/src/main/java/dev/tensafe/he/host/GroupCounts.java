package dev.tensafe.he.host;

import dev.tensafe.he.wire.GroupId;
import java.util.HashMap;
import java.util.Map;

/** Tokens of one account by the group that evaluated them. Guarded by its {@link TokenMeter}. */
final class GroupCounts {
  private final Map<GroupId, Long> counts = new HashMap<>();
  private long largest;

  /** By how much the largest count would grow if a group evaluated more tokens. */
  long growth(GroupId group, int tokens) {
    return Math.max(0, counts.getOrDefault(group, 0L) + tokens - largest);
  }

  void add(GroupId group, int tokens) {
    largest = Math.max(largest, counts.merge(group, (long) tokens, Long::sum));
  }
}
