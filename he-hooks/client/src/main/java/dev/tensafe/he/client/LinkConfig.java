package dev.tensafe.he.client;

import dev.tensafe.he.Profile;
import java.util.OptionalInt;

/**
 * Settings of the links to adapter hosts.
 *
 * @param timeoutMillis for every answer; then the session is dropped
 * @param connectMillis for connecting, and for each step of the handshake
 * @param retryMillis until the first attempt to connect again; doubles up to {@code maxRetryMillis}
 * @param pingMillis between signs of life on an idle session
 * @param padBytes memory for the pads of one adapter that are made ahead
 * @param allowUnverified whether adapters are computed whose host makes no tags
 * @param hostUid user id of the process at the other end of a Unix socket; empty for this process's
 * @param guesses whether guesses at coming tokens may be evaluated where the adapter's owner allows
 *     it
 * @param traces whether adapter hosts are told which spans evaluations belong to
 */
public record LinkConfig(
    Profile profile,
    long timeoutMillis,
    int connectMillis,
    long retryMillis,
    long maxRetryMillis,
    long pingMillis,
    long padBytes,
    boolean allowUnverified,
    OptionalInt hostUid,
    boolean guesses,
    boolean traces) {
  /** MiB for the pads of one adapter, unless something else is set. */
  public static final int PAD_MIB = 512;

  /** With guesses, without traces. */
  public LinkConfig(
      Profile profile,
      long timeoutMillis,
      int connectMillis,
      long retryMillis,
      long maxRetryMillis,
      long pingMillis,
      long padBytes,
      boolean allowUnverified,
      OptionalInt hostUid) {
    this(
        profile,
        timeoutMillis,
        connectMillis,
        retryMillis,
        maxRetryMillis,
        pingMillis,
        padBytes,
        allowUnverified,
        hostUid,
        true,
        false);
  }

  /** The same, and adapter hosts are told which spans evaluations belong to, or not. */
  public LinkConfig withTraces(boolean told) {
    return new LinkConfig(
        profile,
        timeoutMillis,
        connectMillis,
        retryMillis,
        maxRetryMillis,
        pingMillis,
        padBytes,
        allowUnverified,
        hostUid,
        guesses,
        told);
  }

  /**
   * 2 s for an answer, 5 s to connect, again after 0.25 … 10 s, signs of life every 5 s, 512 MiB of
   * pads; tags needed, the host runs as this process's user.
   */
  public static LinkConfig standard(Profile profile) {
    return new LinkConfig(
        profile,
        2_000,
        5_000,
        250,
        10_000,
        5_000,
        (long) PAD_MIB << 20,
        false,
        OptionalInt.empty());
  }
}
