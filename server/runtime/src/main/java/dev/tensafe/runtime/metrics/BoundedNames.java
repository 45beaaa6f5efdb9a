package dev.tensafe.runtime.metrics;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashSet;
import java.util.Set;

/**
 * The one way from names that others choose (tenants, adapters, codes of peers) to values of
 * labels: the first so many have their own, all others are {@value #OTHER} together. So whatever
 * others do, a family has so many metrics and not more. Thread-safe.
 */
public final class BoundedNames {
  /** How many names have their own value unless said otherwise. */
  public static final int MAX_NAMES = 100;

  /** All that came later; no tenant's and no adapter's name begins with an underscore. */
  public static final String OTHER = "_other";

  private final int most;

  @GuardedBy("this")
  private final Set<String> known = new HashSet<>();

  public BoundedNames() {
    this(MAX_NAMES);
  }

  public BoundedNames(int most) {
    this.most = most;
  }

  /** The value of a name: itself, or {@value #OTHER}. Whoever has a value keeps it. */
  public synchronized String label(String name) {
    if (known.contains(name)) {
      return name;
    }
    if (known.size() >= most || name.equals(OTHER)) {
      return OTHER;
    }
    known.add(name);
    return name;
  }

  /**
   * Makes room for another name.
   *
   * @return whether it had a value of its own
   */
  public synchronized boolean forget(String name) {
    return known.remove(name);
  }
}
