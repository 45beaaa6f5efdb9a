package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The pinned keys and revocations of a trust directory, as they were when it was opened. They
 * decide whose packages are accepted. Opening fails if any file in it cannot be understood.
 * Immutable and thread-safe.
 */
public final class TrustStore {
  private final Map<KeyId, TrustedKey> keys;
  private final Map<KeyId, RevokedBy> revokedIssuers;
  private final Map<String, RevokedBy> revokedPackages;
  private final Map<IssuedPackage, RevokedBy> revokedByIssuer;

  private record IssuedPackage(KeyId issuer, String packageId) {}

  private TrustStore(TrustFiles files) {
    keys = new TreeMap<>();
    for (Path file : files.list("keys", ".json")) {
      TrustedKey trusted = TrustFiles.readKey(file);
      keys.put(trusted.key().id(), trusted);
    }
    TrustFiles.Revoked revoked = files.readRevoked();
    revokedPackages = revoked.packages();
    revokedIssuers = new HashMap<>();
    revoked.issuers().forEach((hex, by) -> revokedIssuers.put(new KeyId(hex), by));
    revokedByIssuer = new HashMap<>();
    for (Path file : files.list("revocations", ".rev")) {
      byte[] bytes = TrustFiles.read(file, Revocation.MAX_BYTES);
      TrustedKey issuer = keys.get(Revocation.claimedIssuer(bytes));
      if (issuer == null) {
        // Nothing of an unknown issuer is accepted anyway; without its key nobody knows whose word
        // this is.
        continue;
      }
      Revocation revocation = Revocation.verify(bytes, issuer.key());
      RevokedBy by =
          new RevokedBy(true, Optional.of(issuer.name()), Optional.of(revocation.issued()));
      revocation
          .packages()
          .forEach(id -> revokedByIssuer.put(new IssuedPackage(revocation.issuer(), id), by));
      if (revocation.revokesIssuer()) {
        // what the operator cannot take back is what is shown
        revokedIssuers.put(revocation.issuer(), by);
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
    return revokedIssuers.containsKey(id);
  }

  /** Who revoked a key; empty if nobody did. */
  public Optional<RevokedBy> issuerRevoked(KeyId id) {
    return Optional.ofNullable(revokedIssuers.get(id));
  }

  /** The revoked keys that are not pinned, or no longer, by id: the operator's word alone. */
  public Map<KeyId, RevokedBy> revokedStrangers() {
    Map<KeyId, RevokedBy> strangers = new TreeMap<>(revokedIssuers);
    strangers.keySet().removeAll(keys.keySet());
    return strangers;
  }

  /** Who revoked a package, its own issuer or the operator; empty if nobody did. */
  public Optional<RevokedBy> packageRevoked(KeyId issuer, String packageId) {
    RevokedBy own = revokedByIssuer.get(new IssuedPackage(issuer, packageId));
    return Optional.ofNullable(own == null ? revokedPackages.get(packageId) : own);
  }

  /** All revoked packages, by id. */
  public Map<String, RevokedBy> revokedPackages() {
    Map<String, RevokedBy> all = new TreeMap<>(revokedPackages);
    revokedByIssuer.forEach((revoked, by) -> all.put(revoked.packageId(), by));
    return all;
  }
}
