package dev.tensafe.batching.cache;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
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
    return HexFormat.of().formatHex(sha());
  }

  /**
   * Where the addresses of this scope's blocks begin: the digest of {@link #digest} together with
   * what computes them.
   *
   * @param model names weights and number formats of this process
   */
  public BlockKey root(String model) {
    MessageDigest sha = Sha256.create();
    sha.update(sha());
    sha.update(model.getBytes(StandardCharsets.UTF_8));
    return BlockKey.of(sha.digest());
  }

  private byte[] sha() {
    MessageDigest sha = Sha256.create();
    sha.update((byte) 1);
    for (String field : new String[] {adapterDigest, tenant, profile}) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      sha.update(bytes);
    }
    return sha.digest();
  }
}
