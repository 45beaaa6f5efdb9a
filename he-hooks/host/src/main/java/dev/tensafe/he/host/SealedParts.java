package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.wire.Refusal;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The adapters an adapter host serves, by digest, each with a count of those who added it. A digest
 * that was withdrawn stays known as such until it is added again. Thread-safe; finding takes no
 * lock.
 */
final class SealedParts {
  private final Map<String, SealedPart> served = new ConcurrentHashMap<>();
  private final Set<String> withdrawn = ConcurrentHashMap.newKeySet();

  /** Held for changes, so that count and adapter come and go together. */
  private final Object changing = new Object();

  @GuardedBy("changing")
  private final Map<String, Integer> users = new HashMap<>();

  /** Counts one more user of an adapter that is served; null if it is not. */
  @Nullable SealedPart share(String digest) {
    synchronized (changing) {
      SealedPart known = served.get(digest);
      if (known != null) {
        users.merge(digest, 1, Integer::sum);
      }
      return known;
    }
  }

  /**
   * Serves an adapter, for one user.
   *
   * @param part closed here if the same one was added meanwhile
   * @return the one that is served
   */
  SealedPart add(SealedPart part) {
    synchronized (changing) {
      SealedPart meanwhile = served.putIfAbsent(part.digest(), part);
      users.merge(part.digest(), 1, Integer::sum);
      withdrawn.remove(part.digest());
      if (meanwhile == null) {
        return part;
      }
      part.close();
      return meanwhile;
    }
  }

  /**
   * Takes back one {@link #add} or {@link #share}; with the last the adapter is served no more.
   *
   * @return the adapter, to be closed by the caller, if this was the last
   */
  @Nullable SealedPart release(String digest) {
    synchronized (changing) {
      return users.merge(digest, -1, Integer::sum) <= 0 ? withdraw(digest) : null;
    }
  }

  /**
   * Serves an adapter no more, whoever uses it.
   *
   * @return the adapter, to be closed by the caller, if it was served
   */
  @Nullable SealedPart withdraw(String digest) {
    synchronized (changing) {
      SealedPart part = served.remove(digest);
      users.remove(digest);
      if (part != null) {
        withdrawn.add(digest);
      }
      return part;
    }
  }

  @Nullable SealedPart find(String digest) {
    return served.get(digest);
  }

  /** The refusal for a digest that is not served. */
  Refusal whyNot(String digest) {
    return withdrawn.contains(digest) ? Refusal.WITHDRAWN : Refusal.UNKNOWN_ADAPTER;
  }

  Collection<SealedPart> all() {
    return List.copyOf(served.values());
  }
}
