package dev.tensafe.server.train;

import dev.tensafe.tssp.keys.Passphrase;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.ScryptCost;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustSnapshot;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a training service: it signs what it makes, and what it keeps only it can open. Made
 * at the first start. It trusts packages of its own only.
 *
 * @param trust directory in which the signing key is pinned
 */
record ServiceKeys(SigningKey signing, RecipientKey recipient, Path trust)
    implements AutoCloseable {
  /**
   * Reads the keys, or makes them.
   *
   * @param directory of the service
   * @param passphrase null for unprotected files
   * @throws dev.tensafe.formats.CodedException {@code key.*}, {@code trust.*}, {@code tuning.store}
   */
  static ServiceKeys open(Path directory, @Nullable Passphrase passphrase, SecureRandom random) {
    Path keys = directory.resolve("keys");
    try {
      Files.createDirectories(keys);
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "cannot use " + keys, e);
    }
    SigningKey signing = signing(keys.resolve("signing"), passphrase, random);
    RecipientKey recipient;
    try {
      recipient = recipient(keys.resolve("recipient"), passphrase, random);
    } catch (RuntimeException e) {
      signing.close();
      throw e;
    }
    ServiceKeys opened = new ServiceKeys(signing, recipient, directory.resolve("trust"));
    try {
      opened.pin();
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static SigningKey signing(
      Path prefix, @Nullable Passphrase passphrase, SecureRandom random) {
    Path file = Path.of(prefix + ".key");
    if (!Files.exists(file)) {
      try (SigningKey made = SigningKey.generate(random)) {
        PrivateKeyFile.write(prefix, made, passphrase, ScryptCost.DEFAULT, random);
      }
    }
    return PrivateKeyFile.readSigning(file, passphrase);
  }

  private static RecipientKey recipient(
      Path prefix, @Nullable Passphrase passphrase, SecureRandom random) {
    Path file = Path.of(prefix + ".key");
    if (!Files.exists(file)) {
      try (RecipientKey made = RecipientKey.generate(random)) {
        PrivateKeyFile.write(prefix, made, passphrase, ScryptCost.DEFAULT, random);
      }
    }
    return PrivateKeyFile.readRecipient(file, passphrase);
  }

  private void pin() {
    try {
      Files.createDirectories(trust);
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "cannot use " + trust, e);
    }
    if (TrustSnapshot.read(trust).store().find(signing.publicKey().id()).isEmpty()) {
      new TrustDirectory(trust)
          .add(
              new TrustedKey(
                  "training-service",
                  signing.publicKey(),
                  Set.of(Role.ISSUER),
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  0));
    }
  }

  @Override
  public void close() {
    signing.close();
    recipient.close();
  }
}
