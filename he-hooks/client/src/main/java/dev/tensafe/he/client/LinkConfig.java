package dev.tensafe.he.client;

import dev.tensafe.he.Profile;

/**
 * Settings of the links to adapter hosts.
 *
 * @param timeoutMillis for every answer; then the session is dropped
 * @param connectMillis for connecting, and for each step of the handshake
 * @param retryMillis until the first attempt to connect again; doubles up to {@code maxRetryMillis}
 * @param pingMillis between signs of life on an idle session
 * @param padBytes memory for one adapter's pads; one that would take more has none
 */
public record LinkConfig(
    Profile profile,
    long timeoutMillis,
    int connectMillis,
    long retryMillis,
    long maxRetryMillis,
    long pingMillis,
    long padBytes) {
  /**
   * 2 s for an answer, 5 s to connect, again after 0.25 … 10 s, signs of life every 5 s, 256 MiB of
   * pads.
   */
  public static LinkConfig standard(Profile profile) {
    return new LinkConfig(profile, 2_000, 5_000, 250, 10_000, 5_000, 256L << 20);
  }
}
