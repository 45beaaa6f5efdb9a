package dev.tensafe.he.client;

import java.util.Locale;

/** The way in which the answers of an adapter host are checked. */
public enum Verification {
  /** Every answer against a secret linear tag: docs/HE-PROTOCOL.md, "Tags". */
  TAG,
  /** By their size alone: the adapter host makes no tags. */
  UNVERIFIED,
  /** Not at all: both roles are in this process. */
  EMBEDDED;

  /** The name in answers of the API. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
