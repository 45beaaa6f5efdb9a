package dev.tensafe.he.client;

import dev.tensafe.tssp.keys.KeyId;
import java.time.Instant;

/**
 * An adapter and an adapter host that computed it wrongly.
 *
 * @param digest of the adapter's manifest, 64 hexadecimal digits
 * @param adapter its name then
 * @param host key that opens sealed parts there
 * @param address where the host was
 * @param time of the answer
 */
public record BarredPair(
    String digest,
    String adapter,
    KeyId host,
    String address,
    Instant time,
    BarredHosts.Reason reason) {
  /** Whether it is this pair, whenever and wherever it was barred. */
  boolean is(String ofDigest, KeyId ofHost) {
    return digest.equals(ofDigest) && host.equals(ofHost);
  }
}
