package dev.tensafe.model.exec;

import static java.util.Objects.requireNonNull;

/**
 * What an adapter adds to a step, as far as it can be said before it is measured.
 *
 * @param size how much of it: of a plain adapter its weights in memory in MB, whatever its rank and
 *     modules; of an encrypted one the messages that its rows need in a step, one per group of
 *     projections
 */
public record AdapterLoad(Kind kind, double size) {
  /** The base model alone. */
  public static final AdapterLoad BASE = new AdapterLoad(Kind.BASE, 0);

  public AdapterLoad {
    requireNonNull(kind, "kind is null");
    if (!(size >= 0)) {
      throw new IllegalArgumentException("a size of " + size);
    }
  }

  /** Who computes it. */
  public enum Kind {
    /** Nothing is added. */
    BASE,
    /** Products beside those of the base model. */
    PLAIN,
    /** An adapter host, on ciphertexts. */
    ENCRYPTED
  }
}
