package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.keys.KeyId;

/**
 * The highest version of every adapter that was ever accepted: an older one is not accepted again.
 */
@FunctionalInterface
public interface SeenVersions {
  /** Stands for an adapter that was never accepted. */
  long NEVER = -1;

  /** The highest version accepted of an issuer's adapter, or {@link #NEVER}. */
  long highest(KeyId issuer, String name);

  /** Remembers nothing. */
  static SeenVersions none() {
    return (issuer, name) -> NEVER;
  }
}
