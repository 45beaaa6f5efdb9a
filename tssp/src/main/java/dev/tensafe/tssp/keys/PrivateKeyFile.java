package dev.tensafe.tssp.keys;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.canonical.StrictFields;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.SCrypt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Private keys as JSON: {@code PREFIX.key}, readable by its owner only. With a passphrase the seed
 * is sealed by AES-256-GCM under a key from scrypt, and everything else in the file is bound to it.
 */
public final class PrivateKeyFile {
  static final String SIGNING = "tensafe-signing-key/v1";
  static final String RECIPIENT = "tensafe-recipient-key/v1";

  private static final Logger LOG = LoggerFactory.getLogger(PrivateKeyFile.class);
  private static final int SALT_BYTES = 32;
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;

  private PrivateKeyFile() {}

  /**
   * Writes {@code PREFIX.pub} and {@code PREFIX.key}; both are on disk when this returns.
   *
   * @param passphrase null for an unprotected file
   * @throws TsspException {@code key.exists} if either file is there, {@code tssp.io}; nothing is
   *     left behind then
   */
  public static void write(
      Path prefix,
      SigningKey key,
      @Nullable Passphrase passphrase,
      ScryptCost cost,
      SecureRandom random) {
    ObjectNode publicKey = PublicKeyFile.json(key.publicKey());
    write(prefix, SIGNING, publicKey, key.seed(), passphrase, cost, random);
  }

  /** As the other. */
  public static void write(
      Path prefix,
      RecipientKey key,
      @Nullable Passphrase passphrase,
      ScryptCost cost,
      SecureRandom random) {
    ObjectNode publicKey = PublicKeyFile.json(key.publicKey());
    write(prefix, RECIPIENT, publicKey, key.seed(), passphrase, cost, random);
  }

  /**
   * @param passphrase null if there is none
   * @throws TsspException {@code key.malformed}, {@code key.passphrase_needed}, {@code
   *     key.passphrase_wrong}, {@code tssp.io}
   */
  public static SigningKey readSigning(Path file, @Nullable Passphrase passphrase) {
    return read(
        file,
        SIGNING,
        SigningKey.SEED_BYTES,
        passphrase,
        SigningKey::ofSeed,
        key -> key.publicKey().id());
  }

  /** As {@link #readSigning}. */
  public static RecipientKey readRecipient(Path file, @Nullable Passphrase passphrase) {
    return read(
        file,
        RECIPIENT,
        RecipientKey.SEED_BYTES,
        passphrase,
        RecipientKey::ofSeed,
        key -> key.publicKey().id());
  }

  /** Whether the file needs a passphrase to be read. */
  public static boolean isProtected(Path file) {
    return PublicKeyFile.read(file).has("scrypt");
  }

  /** Wipes the seed. */
  private static void write(
      Path prefix,
      String format,
      ObjectNode publicKey,
      byte[] seed,
      @Nullable Passphrase passphrase,
      ScryptCost cost,
      SecureRandom random) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("format", format).put("key_id", publicKey.path("key_id").textValue());
    try {
      if (passphrase == null) {
        node.put("seed", PublicKeyFile.base64(seed));
      } else {
        seal(node, seed, passphrase, cost, random);
      }
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
    Path keyFile = Path.of(prefix + ".key");
    Path publicFile = Path.of(prefix + ".pub");
    for (Path file : List.of(keyFile, publicFile)) {
      if (Files.exists(file)) {
        throw exists(file);
      }
    }
    create(keyFile, PublicKeyFile.bytes(node), "rw-------");
    boolean both = false;
    try {
      create(publicFile, PublicKeyFile.bytes(publicKey), "rw-r--r--");
      both = true;
    } finally {
      if (!both) {
        // of no use to anybody yet, and in the way of the next attempt
        deleteQuietly(keyFile);
      }
    }
  }

  private static void seal(
      ObjectNode node, byte[] seed, Passphrase passphrase, ScryptCost cost, SecureRandom random) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    node.putObject("scrypt")
        .put("log_n", cost.logN())
        .put("r", cost.r())
        .put("p", cost.p())
        .put("salt", HexFormat.of().formatHex(salt));
    node.put("nonce", HexFormat.of().formatHex(nonce));
    try {
      byte[] sealed =
          cipher(Cipher.ENCRYPT_MODE, node, passphrase, salt, cost, nonce).doFinal(seed);
      node.put("sealed_seed", PublicKeyFile.base64(sealed));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to encrypt", e);
    }
  }

  /** A file that others may read is read, with a warning. */
  private static <K> K read(
      Path file,
      String format,
      int seedBytes,
      @Nullable Passphrase passphrase,
      Function<byte[], K> parse,
      Function<K, KeyId> idOf) {
    SecretFile.exposure(file).ifPresent(open -> LOG.warn("the private key {}", open));
    StrictFields fields = PublicKeyFile.fields(PublicKeyFile.read(file), file.toString(), format);
    byte[] seed;
    if (fields.has("seed")) {
      fields.requireKeys(List.of("format", "key_id", "seed"), List.of());
      seed = fields.base64("seed", seedBytes);
    } else {
      seed = unseal(fields, file, seedBytes, passphrase);
    }
    try {
      K key = parse.apply(seed);
      if (!idOf.apply(key).hex().equals(fields.text("key_id", KeyId.PATTERN))) {
        throw fields.bad("has a key_id that is not its key's");
      }
      return key;
    } finally {
      Arrays.fill(seed, (byte) 0);
    }
  }

  private static byte[] unseal(
      StrictFields fields, Path file, int seedBytes, @Nullable Passphrase passphrase) {
    fields.requireKeys(List.of("format", "key_id", "scrypt", "nonce", "sealed_seed"), List.of());
    StrictFields scrypt = fields.object("scrypt");
    scrypt.requireKeys(List.of("log_n", "r", "p", "salt"), List.of());
    ScryptCost cost =
        new ScryptCost(
            (int) scrypt.integer("log_n", 10, ScryptCost.MAX_LOG_N),
            (int) scrypt.integer("r", 8, 8),
            (int) scrypt.integer("p", 1, 4));
    byte[] salt = scrypt.hex("salt", SALT_BYTES);
    byte[] nonce = fields.hex("nonce", NONCE_BYTES);
    byte[] sealed = fields.base64("sealed_seed", seedBytes + TAG_BYTES);
    if (passphrase == null) {
      throw new TsspException(
          Reason.KEY_PASSPHRASE_NEEDED, file + " is protected; give its passphrase");
    }
    ObjectNode bound = JsonNodeFactory.instance.objectNode();
    for (String key : List.of("format", "key_id", "scrypt", "nonce")) {
      bound.set(key, fields.raw(key));
    }
    try {
      return cipher(Cipher.DECRYPT_MODE, bound, passphrase, salt, cost, nonce).doFinal(sealed);
    } catch (AEADBadTagException e) {
      throw new TsspException(Reason.KEY_PASSPHRASE_WRONG, "the passphrase does not open " + file);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("AES-GCM failed to decrypt", e);
    }
  }

  /** The additional data is the canonical JSON of the file without the sealed seed. */
  private static Cipher cipher(
      int mode, ObjectNode bound, Passphrase passphrase, byte[] salt, ScryptCost cost, byte[] nonce)
      throws GeneralSecurityException {
    byte[] key =
        SCrypt.generate(passphrase.bytes(), salt, 1 << cost.logN(), cost.r(), cost.p(), 32);
    try {
      Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
      cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(8 * TAG_BYTES, nonce));
      cipher.updateAAD(CanonicalJson.write(bound));
      return cipher;
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private static void create(Path file, byte[] bytes, String permissions) {
    try {
      AtomicFile.create(
          file,
          bytes,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)));
    } catch (FileAlreadyExistsException e) {
      throw exists(file);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot write " + file + ": " + e.getMessage(), e);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The error that led here is reported; this one adds nothing.
    }
  }

  private static TsspException exists(Path file) {
    return new TsspException(Reason.KEY_EXISTS, file + " exists; keys are never overwritten");
  }
}
