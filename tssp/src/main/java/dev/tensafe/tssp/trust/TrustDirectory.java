package dev.tensafe.tssp.trust;

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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/** Changes a trust directory, one file at a time and each atomically. For its operator. */
public final class TrustDirectory {
  private final Path directory;
  private final TrustFiles files;

  public TrustDirectory(Path directory) {
    this.directory = directory;
    this.files = new TrustFiles(directory);
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
    for (TrustedKey present : TrustStore.open(directory).keys()) {
      if (present.key().equals(trusted.key()) || present.name().equals(trusted.name())) {
        throw new TsspException(
            Reason.TRUST_EXISTS,
            "key " + present.key().id() + " is pinned as '" + present.name() + "' already");
      }
    }
    createDirectories(directory.resolve("keys"));
    DurableFile.write(files.key(trusted.key().id()), TrustFiles.write(trusted));
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
    if (TrustStore.open(directory).find(id).isEmpty()) {
      throw new TsspException(Reason.TRUST_UNKNOWN_KEY, "no key " + id + " is pinned");
    }
    TrustFiles.Revoked revoked = files.readRevoked();
    Set<String> issuers = new HashSet<>(revoked.issuers());
    issuers.add(id.hex());
    DurableFile.write(
        files.revoked(), TrustFiles.write(new TrustFiles.Revoked(issuers, revoked.packages())));
  }

  /**
   * Adds a package to the operator's own list of revoked ones.
   *
   * @param packageId 32 hexadecimal digits; known or not
   */
  public void revokePackage(String packageId) {
    if (!Names.PACKAGE_ID.matcher(packageId).matches()) {
      throw malformed("a package id has 32 lowercase hexadecimal digits");
    }
    createDirectories(directory);
    TrustFiles.Revoked revoked = files.readRevoked();
    Set<String> packages = new HashSet<>(revoked.packages());
    packages.add(packageId);
    DurableFile.write(
        files.revoked(), TrustFiles.write(new TrustFiles.Revoked(revoked.issuers(), packages)));
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

  private static TsspException malformed(String problem) {
    return new TsspException(Reason.TRUST_MALFORMED, problem);
  }
}
