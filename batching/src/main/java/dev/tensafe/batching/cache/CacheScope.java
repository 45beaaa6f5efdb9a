package dev.tensafe.batching.cache;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Whom cached keys and values may serve: requests of the same scope only. Two requests may share
 * content only when the same weights computed it, for the same tenant, under the same protection.
 *
 * @param adapterDigest the adapter package's digest; empty for the base model
 * @param tenant whose key the request came with; empty where there are no keys
 * @param profile of an encrypted adapter's protocol; empty for none
 */
public record CacheScope(String adapterDigest, String tenant, String profile) {
  /** The base model, for nobody in particular. */
  public static final CacheScope BASE = new CacheScope("", "", "");

  public CacheScope {
    requireNonNull(adapterDigest, "adapterDigest is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(profile, "profile is null");
  }

  /**
   * SHA-256, in hexadecimal, over a version byte and the fields in order, each as UTF-8 behind its
   * length in four bytes: equal for equal scopes only. Salts the addresses of cached blocks.
   */
  public String digest() {
    MessageDigest sha = sha256();
    sha.update((byte) 1);
    for (String field : new String[] {adapterDigest, tenant, profile}) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      sha.update(bytes);
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
