package dev.tensafe.runtime.log;

import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Names of tenants as logs have them: whoever reads the logs can tell lines of one tenant from
 * those of another, and cannot find the name by trying names. HMAC-SHA-256 under a key, the first
 * 64 bits. Thread-safe.
 */
public final class TenantHash {
  private static final int LEAST_BYTES = 16;
  private static final int MOST_BYTES = 4096;
  private static final int SHOWN_BYTES = 8;

  private final SecretKeySpec key;

  private TenantHash(byte[] key) {
    this.key = new SecretKeySpec(key, "HmacSHA256");
  }

  /** With a key of this process: hashes of another process are others. */
  public static TenantHash random() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    return new TenantHash(key);
  }

  /**
   * With the bytes of a file, so that several processes agree.
   *
   * @throws ConfigException {@code config.log-key}
   */
  public static TenantHash of(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] key = in.readNBytes(MOST_BYTES + 1);
      if (key.length < LEAST_BYTES || key.length > MOST_BYTES) {
        throw new ConfigException(
            "config.log-key",
            "the file of log-key has "
                + (key.length > MOST_BYTES ? "more" : "less")
                + " than "
                + (key.length > MOST_BYTES ? MOST_BYTES : LEAST_BYTES)
                + " bytes");
      }
      return new TenantHash(key);
    } catch (IOException e) {
      throw new ConfigException("config.log-key", "the file of log-key cannot be read", e);
    }
  }

  String of(String tenant) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      byte[] hash = mac.doFinal(tenant.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, SHOWN_BYTES);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
