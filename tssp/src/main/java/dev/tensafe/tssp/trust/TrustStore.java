package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The pinned keys and revocations of a trust directory, as they were when it was opened. They
 * decide whose packages are accepted. Opening fails if any file in it cannot be understood.
 * Immutable and thread-safe.
 */
public final class TrustStore {
  private final Map<KeyId, TrustedKey> keys;
  private final Set<KeyId> revokedIssuers;
  private final Set<String> revokedPackages;
  private final Set<IssuedPackage> revokedByIssuer;

  private record IssuedPackage(KeyId issuer, String packageId) {}

  private TrustStore(TrustFiles files) {
    keys = new TreeMap<>();
    for (Path file : files.list("keys", ".json")) {
      TrustedKey trusted = TrustFiles.readKey(file);
      keys.put(trusted.key().id(), trusted);
    }
    TrustFiles.Revoked revoked = files.readRevoked();
    revokedPackages = revoked.packages();
    revokedIssuers = new HashSet<>();
    revoked.issuers().forEach(hex -> revokedIssuers.add(new KeyId(hex)));
    revokedByIssuer = new HashSet<>();
    for (Path file : files.list("revocations", ".rev")) {
      byte[] bytes = TrustFiles.read(file, Revocation.MAX_BYTES);
      TrustedKey issuer = keys.get(Revocation.claimedIssuer(bytes));
      if (issuer == null) {
        // Nothing of an unknown issuer is accepted anyway.
        continue;
      }
      Revocation revocation = Revocation.verify(bytes, issuer.key());
      revocation
          .packages()
          .forEach(id -> revokedByIssuer.add(new IssuedPackage(revocation.issuer(), id)));
      if (revocation.revokesIssuer()) {
        revokedIssuers.add(revocation.issuer());
      }
    }
  }

  /**
   * @throws TsspException {@code trust.malformed}, {@code key.malformed}, {@code
   *     tssp.signature_invalid} for a revocation that is not its issuer's, {@code tssp.io}
   */
  public static TrustStore open(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new TsspException(
          Reason.TRUST_MALFORMED, directory + " is no directory; 'tensafe trust add' makes one");
    }
    return new TrustStore(new TrustFiles(directory));
  }

  public Optional<TrustedKey> find(KeyId id) {
    return Optional.ofNullable(keys.get(id));
  }

  /** All keys, by id. */
  public Collection<TrustedKey> keys() {
    return Collections.unmodifiableCollection(keys.values());
  }

  public boolean isIssuerRevoked(KeyId id) {
    return revokedIssuers.contains(id);
  }

  /** Whether the operator, or the package's own issuer, revoked it. */
  public boolean isPackageRevoked(KeyId issuer, String packageId) {
    return revokedPackages.contains(packageId)
        || revokedByIssuer.contains(new IssuedPackage(issuer, packageId));
  }

  /** The number of revoked packages. */
  public int revokedPackageCount() {
    return revokedPackages.size() + revokedByIssuer.size();
  }
}
