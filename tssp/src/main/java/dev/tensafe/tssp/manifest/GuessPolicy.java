package dev.tensafe.tssp.manifest;

import java.util.Locale;
import java.util.Optional;

/**
 * What an owner says of guesses at coming tokens: rows that are evaluated with the adapter, and
 * thrown away where they turn out wrong.
 */
public enum GuessPolicy {
  /** They may be evaluated; in mode he wrong ones are charged like others. */
  ALLOW,
  /** Only tokens that are answered may be evaluated. */
  FORBID;

  /** The word in the manifest. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Optional<GuessPolicy> of(String label) {
    for (GuessPolicy policy : values()) {
      if (policy.label().equals(label)) {
        return Optional.of(policy);
      }
    }
    return Optional.empty();
  }
}
