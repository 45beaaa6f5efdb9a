package dev.tensafe.he.client;

/** The way in which the answers of an adapter host are checked. */
public enum Verification {
  /** Every answer against a secret linear tag: docs/HE-PROTOCOL.md, "Tags". */
  TAG,
  /** By their size alone: the adapter host makes no tags. */
  UNVERIFIED,
  /** Not at all: both roles are in this process. */
  EMBEDDED
}
