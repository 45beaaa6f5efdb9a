package dev.tensafe.tssp.trust;

import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.DurableFile;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Names;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Changes a trust directory, one file at a time and each atomically. For its operators: what one of
 * them reads, changes and writes is locked against the others, in other processes too. Stateless.
 */
public final class TrustDirectory {
  private final Path directory;
  private final TrustFiles files;
  private final String operator;
  private final InstantSource clock;

  public TrustDirectory(Path directory) {
    this(directory, System.getProperty("user.name", ""), InstantSource.system());
  }

  /**
   * @param operator who changes it
   * @param clock of the changes
   */
  public TrustDirectory(Path directory, String operator, InstantSource clock) {
    this.directory = directory;
    this.files = new TrustFiles(directory);
    this.operator = operator;
    this.clock = clock;
  }

  /**
   * Pins a key; creates the directory if it does not exist.
   *
   * @throws TsspException {@code trust.exists} if the key or the name is there, {@code
   *     trust.malformed} for a name or prefix of the wrong form
   */
  public void add(TrustedKey trusted) {
    requireForm(trusted);
    createDirectories(directory);
    locked(
        () -> {
          for (TrustedKey present : TrustStore.open(directory).keys()) {
            if (present.key().equals(trusted.key()) || present.name().equals(trusted.name())) {
              throw new TsspException(
                  Reason.TRUST_EXISTS,
                  "key " + present.key().id() + " is pinned as '" + present.name() + "' already");
            }
          }
          createDirectories(directory.resolve("keys"));
          DurableFile.write(files.key(trusted.key().id()), TrustFiles.write(trusted));
        });
  }

  /**
   * Takes a pinned key out. Whether it is revoked stays known, and holds when it is pinned again.
   *
   * @return what was pinned
   * @throws TsspException {@code trust.unknown_key} if it is not pinned
   */
  public TrustedKey remove(KeyId id) {
    TrustedKey pinned = requirePinned(id);
    locked(
        () -> {
          try {
            Files.deleteIfExists(files.key(id));
          } catch (IOException e) {
            throw new TsspException(Reason.IO, "cannot delete " + files.key(id), e);
          }
        });
    return pinned;
  }

  private TrustedKey requirePinned(KeyId id) {
    return TrustStore.open(directory)
        .find(id)
        .orElseThrow(
            () -> new TsspException(Reason.TRUST_UNKNOWN_KEY, "no key " + id + " is pinned"));
  }

  private static void requireForm(TrustedKey trusted) {
    if (!Names.LABEL.matcher(trusted.name()).matches()) {
      throw malformed("a holder's name looks like " + Names.LABEL.pattern());
    }
    for (String prefix : trusted.adapterPrefixes()) {
      if (!Names.ADAPTER_PREFIX.matcher(prefix).matches()) {
        throw malformed("a prefix of adapter names looks like " + Names.ADAPTER_PREFIX.pattern());
      }
    }
    if (trusted.roles().isEmpty()
        || trusted.requiredReviews() < 0
        || trusted.requiredReviews() >= SignatureList.MAX_COUNT) {
      throw malformed(
          "a key needs a role, and at most " + (SignatureList.MAX_COUNT - 1) + " reviews");
    }
  }

  /**
   * Adds a key to the operator's own list of revoked ones.
   *
   * @throws TsspException {@code trust.unknown_key} if it was never pinned
   */
  public void revokeIssuer(KeyId id) {
    requirePinned(id);
    changeRevoked((issuers, packages) -> issuers.putIfAbsent(id.hex(), now()));
  }

  /**
   * Adds a package to the operator's own list of revoked ones.
   *
   * @param packageId 32 hexadecimal digits; known or not
   */
  public void revokePackage(String packageId) {
    requirePackageId(packageId);
    createDirectories(directory);
    changeRevoked((issuers, packages) -> packages.putIfAbsent(packageId, now()));
  }

  /**
   * Takes a key off the operator's own list of revoked ones.
   *
   * @throws TsspException {@code trust.not_revoked}, also where the issuer itself revoked it: its
   *     signed word stands
   */
  public void restoreIssuer(KeyId id) {
    Optional<RevokedBy> by = TrustStore.open(directory).issuerRevoked(id);
    changeRevoked(
        (issuers, packages) -> {
          if (issuers.remove(id.hex()) == null && by.isEmpty()) {
            throw notRevoked("key " + id + " is not revoked");
          }
        });
    requireOperators("key " + id, by);
  }

  /** As {@link #restoreIssuer}, a package. */
  public void restorePackage(String packageId) {
    requirePackageId(packageId);
    RevokedBy by = TrustStore.open(directory).revokedPackages().get(packageId);
    changeRevoked(
        (issuers, packages) -> {
          if (packages.remove(packageId) == null && by == null) {
            throw notRevoked("package " + packageId + " is not revoked");
          }
        });
    requireOperators("package " + packageId, Optional.ofNullable(by));
  }

  /** The operator's word is taken back even then; the issuer's is what still holds. */
  private static void requireOperators(String what, Optional<RevokedBy> by) {
    if (by.isPresent() && by.get().issuer()) {
      throw notRevoked(
          what
              + " stays revoked "
              + by.get().description()
              + ": a signed revocation holds for good, pin the issuer's next key");
    }
  }

  private RevokedBy now() {
    return new RevokedBy(
        false,
        operator.isEmpty() ? Optional.empty() : Optional.of(operator),
        Optional.of(clock.instant()));
  }

  private void changeRevoked(BiConsumer<Map<String, RevokedBy>, Map<String, RevokedBy>> change) {
    locked(
        () -> {
          TrustFiles.Revoked before = files.readRevoked();
          Map<String, RevokedBy> issuers = new HashMap<>(before.issuers());
          Map<String, RevokedBy> packages = new HashMap<>(before.packages());
          change.accept(issuers, packages);
          TrustFiles.Revoked after = new TrustFiles.Revoked(issuers, packages);
          if (!after.equals(before)) {
            DurableFile.write(files.revoked(), TrustFiles.write(after));
          }
        });
  }

  private void locked(Runnable change) {
    try (ProcessLock unusedHeld = ProcessLock.acquire(files.lock())) {
      change.run();
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot change " + directory + ": " + e.getMessage(), e);
    }
  }

  private static void requirePackageId(String packageId) {
    if (!Names.PACKAGE_ID.matcher(packageId).matches()) {
      throw malformed("a package id has 32 lowercase hexadecimal digits");
    }
  }

  /**
   * Verifies an issuer's signed statement and keeps it.
   *
   * @throws TsspException {@code trust.unknown_key}, {@code tssp.signature_invalid}, {@code
   *     trust.malformed}
   */
  public Revocation importRevocation(Path file) {
    byte[] bytes = TrustFiles.read(file, Revocation.MAX_BYTES);
    KeyId issuer = Revocation.claimedIssuer(bytes);
    TrustedKey trusted =
        TrustStore.open(directory)
            .find(issuer)
            .orElseThrow(
                () ->
                    new TsspException(
                        Reason.TRUST_UNKNOWN_KEY,
                        "the revocation is by " + issuer + ", whose key is not pinned"));
    Revocation revocation = Revocation.verify(bytes, trusted.key());
    createDirectories(directory.resolve("revocations"));
    DurableFile.write(files.revocation(HexFormat.of().formatHex(Digests.sha256(bytes))), bytes);
    return revocation;
  }

  private static void createDirectories(Path path) {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot create " + path, e);
    }
  }

  private static TsspException notRevoked(String problem) {
    return new TsspException(Reason.TRUST_NOT_REVOKED, problem);
  }

  private static TsspException malformed(String problem) {
    return new TsspException(Reason.TRUST_MALFORMED, problem);
  }
}
