package dev.tensafe.batching.cache;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

/**
 * Whom cached keys and values may serve: requests of the same scope only. Two requests may share
 * content only when the same weights computed it, for the same tenant, under the same protection.
 * Who agrees on a salt shares among those who know it instead, whichever tenants they are; what
 * everybody may know ({@link PrefixSharing}) is shared without either.
 *
 * @param adapterDigest the adapter package's digest; empty for the base model
 * @param tenant whose key the request came with; empty where there are no keys
 * @param profile of an encrypted adapter's protocol; empty for none
 * @param salt takes the tenant's place; a secret; empty for none
 */
public record CacheScope(String adapterDigest, String tenant, String profile, String salt) {
  /** The base model, for nobody in particular. */
  public static final CacheScope BASE = new CacheScope("", "", "");

  /** What a digest begins with, so that no tenant is called like a salt. */
  private static final byte OF_TENANT = 1;

  private static final byte OF_SALT = 2;
  private static final byte OF_EVERYBODY = 3;

  public CacheScope {
    requireNonNull(adapterDigest, "adapterDigest is null");
    requireNonNull(tenant, "tenant is null");
    requireNonNull(profile, "profile is null");
    requireNonNull(salt, "salt is null");
  }

  /** The scope of a tenant. */
  public CacheScope(String adapterDigest, String tenant, String profile) {
    this(adapterDigest, tenant, profile, "");
  }

  /** The scope of those who know a salt; the tenant's for an empty one. */
  public CacheScope withSalt(String shared) {
    return new CacheScope(adapterDigest, tenant, profile, shared);
  }

  /**
   * SHA-256, in hexadecimal, over a version byte and the fields in order, each as UTF-8 behind its
   * length in four bytes: equal for equal scopes only. The byte is 1 for a tenant's scope and 2 for
   * a salt's, which has the salt as its second field. Salts the addresses of cached blocks.
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
    return root(sha(), model);
  }

  /**
   * Where the addresses of blocks begin that hold nothing but what everybody may know: the same for
   * all tenants and salts.
   *
   * @param model as in {@link #root}
   */
  public BlockKey publicRoot(String model) {
    return root(sha(OF_EVERYBODY, adapterDigest, "", profile), model);
  }

  private static BlockKey root(byte[] scope, String model) {
    MessageDigest sha = Sha256.create();
    sha.update(scope);
    sha.update(model.getBytes(StandardCharsets.UTF_8));
    return BlockKey.of(sha.digest());
  }

  private byte[] sha() {
    return salt.isEmpty()
        ? sha(OF_TENANT, adapterDigest, tenant, profile)
        : sha(OF_SALT, adapterDigest, salt, profile);
  }

  private static byte[] sha(byte version, String... fields) {
    MessageDigest sha = Sha256.create();
    sha.update(version);
    for (String field : fields) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      sha.update(bytes);
    }
    return sha.digest();
  }

  /** Without the salt: who knows it learns what others have asked. */
  @Override
  public String toString() {
    return "CacheScope[" + adapterDigest + ", " + tenant + ", " + profile + "]";
  }
}
