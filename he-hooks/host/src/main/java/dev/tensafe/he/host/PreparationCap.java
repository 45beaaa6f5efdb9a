package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;

/**
 * Bounds what clients have prepared by what they use: preparing costs this side more than asking
 * for it costs them. Counted since the start of the adapter host. Thread-safe.
 */
final class PreparationCap {
  private static final long FREE = 65_536;
  private static final long PER_TOKEN = 4;

  @GuardedBy("this")
  private final Map<Key, Long> prepared = new HashMap<>();

  private record Key(String digest, String account) {}

  /**
   * Counts positions that are about to be prepared, or to be bound to a lane.
   *
   * @param metered tokens of the account with the adapter
   * @return false if they are too many; then nothing is counted
   */
  synchronized boolean take(SealedPart adapter, String account, long metered, int positions) {
    Key key = new Key(adapter.digest(), account);
    long after = prepared.getOrDefault(key, 0L) + positions;
    if (after > PER_TOKEN * metered + FREE) {
      return false;
    }
    prepared.put(key, after);
    return true;
  }
}
