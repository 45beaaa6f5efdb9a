package dev.tensafe.tssp.verify;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.manifest.PolicyField;
import dev.tensafe.tssp.manifest.SignatureList;
import dev.tensafe.tssp.trust.Release;
import dev.tensafe.tssp.trust.RevokedBy;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Decides whether a package is accepted, in the order of docs/TSSP.md, "Verification": nothing is
 * parsed before it is trusted. Step 1, the sections, is {@link PackageFile#open}; steps 8 and 9
 * come when a part is opened. Thread-safe.
 */
public final class PackageVerifier {
  /** The tolerance for a package's time of creation, because clocks differ. */
  static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private final TrustStore trust;
  private final SeenVersions versions;
  private final InstantSource clock;

  /**
   * @param versions read, never written: record the version when the package is accepted
   */
  public PackageVerifier(TrustStore trust, SeenVersions versions, InstantSource clock) {
    this.trust = trust;
    this.versions = versions;
    this.clock = clock;
  }

  /**
   * Verifies a package.
   *
   * @param file stays open as long as parts are to be opened
   * @throws TsspException with the code of the first check that fails
   */
  public VerifiedPackage verify(PackageFile file, VerifyRequest request) {
    Head head = head(file, request);
    requireParts(file, head.manifest(), request.readers());
    return new VerifiedPackage(file, head.manifest(), head.digest(), head.signers());
  }

  /**
   * Verifies everything but the bytes of the parts: enough to know the owner of a stored package
   * and that it may be used, not enough to use it.
   *
   * @throws TsspException as {@link #verify}
   */
  public Manifest verifyHead(PackageFile file, VerifyRequest request) {
    return head(file, request).manifest();
  }

  private record Head(Manifest manifest, String digest, List<TrustedKey> signers) {}

  private Head head(PackageFile file, VerifyRequest request) {
    Instant now = clock.instant();
    byte[] manifestBytes = file.manifestBytes();
    List<TrustedKey> signers = signers(file, manifestBytes, now);
    Manifest manifest = ManifestReader.read(manifestBytes);
    requireIssuer(manifest, signers);
    String digest = HexFormat.of().formatHex(Digests.sha256(manifestBytes));
    requireCurrent(manifest, signers, now);
    versions.require(Release.of(manifest, digest));
    request.base().ifPresent(base -> requireBase(manifest.baseModel(), base));
    requirePolicy(manifest, request.enforced());
    return new Head(manifest, digest, signers);
  }

  /** Step 2: every signature verifies under a pinned key that may sign there. */
  private List<TrustedKey> signers(PackageFile file, byte[] manifest, Instant now) {
    List<Signature> signatures = SignatureList.read(file.signatureBytes());
    byte[] signed = PackageWriter.signedBytes(manifest);
    List<TrustedKey> signers = new ArrayList<>();
    for (Signature signature : signatures) {
      TrustedKey signer =
          trust
              .find(signature.signer())
              .orElseThrow(
                  () ->
                      new TsspException(
                          Reason.ISSUER_UNKNOWN,
                          "signed by "
                              + signature.signer()
                              + ", whose key is not pinned; 'tensafe trust add' pins it"));
      if (!signer.key().verify(signed, signature)) {
        throw new TsspException(
            Reason.SIGNATURE_INVALID,
            "the signature of '" + signer.name() + "' does not verify: the package was altered");
      }
      Role role = signers.isEmpty() ? Role.ISSUER : Role.REVIEWER;
      if (!signer.roles().contains(role) || !signer.isValidAt(now)) {
        throw new TsspException(
            Reason.ISSUER_NOT_ALLOWED,
            "'"
                + signer.name()
                + "' is not trusted as "
                + role.label()
                + (signer.roles().contains(role) ? " at this time" : ""));
      }
      signers.add(signer);
    }
    int reviews = signers.size() - 1;
    if (reviews < signers.get(0).requiredReviews()) {
      throw new TsspException(
          Reason.REVIEW_MISSING,
          "packages of '"
              + signers.get(0).name()
              + "' need "
              + signers.get(0).requiredReviews()
              + " reviewers; "
              + reviews
              + " signed");
    }
    return signers;
  }

  /** Step 3, after parsing: the issuer is who signed first, and may use the name. */
  private static void requireIssuer(Manifest manifest, List<TrustedKey> signers) {
    TrustedKey issuer = signers.get(0);
    if (!manifest.issuer().equals(issuer.key().id())) {
      throw new TsspException(
          Reason.ISSUER_MISMATCH,
          "the manifest names issuer "
              + manifest.issuer()
              + ", but "
              + issuer.key().id()
              + " signed");
    }
    if (!issuer.mayName(manifest.name())) {
      throw new TsspException(
          Reason.NAME_NOT_ALLOWED,
          "'"
              + issuer.name()
              + "' may not name an adapter '"
              + manifest.name()
              + "'; allowed beginnings are "
              + String.join(", ", issuer.adapterPrefixes()));
    }
  }

  /** Step 4, before versions: not revoked, within its time. */
  private void requireCurrent(Manifest manifest, List<TrustedKey> signers, Instant now) {
    for (TrustedKey signer : signers) {
      Optional<RevokedBy> key = trust.issuerRevoked(signer.key().id());
      if (key.isPresent()) {
        throw new TsspException(
            Reason.ISSUER_REVOKED,
            "the key of '" + signer.name() + "' is revoked " + key.get().publicDescription());
      }
    }
    Optional<RevokedBy> revoked = trust.packageRevoked(manifest.issuer(), manifest.packageId());
    if (revoked.isPresent()) {
      throw new TsspException(
          Reason.PACKAGE_REVOKED,
          "package " + manifest.packageId() + " is revoked " + revoked.get().publicDescription());
    }
    if (manifest.created().isAfter(now.plus(CLOCK_SKEW))) {
      throw new TsspException(
          Reason.NOT_YET_VALID, "made at " + manifest.created() + ", which is in the future");
    }
    if (manifest.expires().isPresent() && !now.isBefore(manifest.expires().get())) {
      throw new TsspException(Reason.EXPIRED, "expired at " + manifest.expires().get());
    }
  }

  /** Step 5. */
  private static void requireBase(BaseModelBinding bound, BaseModel base) {
    requireSame(
        bound,
        "config.json",
        bound.configSha256().orElse(base.configSha256()),
        base.configSha256());
    requireSame(
        bound,
        "set of weights",
        bound.weightsSha256().orElse(base.weightsSha256()),
        base.weightsSha256());
  }

  private static void requireSame(
      BaseModelBinding bound, String what, String expected, String actual) {
    if (!expected.equals(actual)) {
      throw new TsspException(
          Reason.BASE_MODEL_MISMATCH,
          "made for '"
              + bound.id()
              + "', whose "
              + what
              + " has SHA-256 "
              + expected
              + "; this model's has "
              + actual);
    }
  }

  /** Step 6; that every condition is known was checked while parsing. */
  private static void requirePolicy(Manifest manifest, Set<PolicyField> enforced) {
    Set<PolicyField> open = EnumSet.noneOf(PolicyField.class);
    open.addAll(manifest.policy().conditions());
    open.removeAll(enforced);
    if (!open.isEmpty()) {
      throw new TsspException(
          Reason.POLICY_UNSATISFIABLE,
          "the owner sets conditions that cannot be enforced here: "
              + open.stream().map(PolicyField::label).collect(Collectors.joining(", ")));
    }
  }

  /** Step 7: the streams that are there are those that were signed. */
  private static void requireParts(PackageFile file, Manifest manifest, Set<KeyId> readers) {
    if (file.parts().size() != manifest.parts().size()) {
      throw new TsspException(
          Reason.LAYOUT,
          String.format(
              Locale.ROOT,
              "the file has %d parts, its manifest %d",
              file.parts().size(),
              manifest.parts().size()));
    }
    for (int i = 0; i < manifest.parts().size(); i++) {
      Part part = manifest.parts().get(i);
      PackageFile.Section section = file.parts().get(i);
      if (section.length() == 0) {
        if (part.recipients().stream().anyMatch(r -> readers.contains(r.key()))) {
          throw new TsspException(
              Reason.PART_MISSING,
              "part '" + part.name() + "' is withheld though it is addressed to this reader");
        }
      } else if (section.length() != part.ciphertext().length()
          || !Arrays.equals(digest(file, section), part.ciphertext().sha256())) {
        throw new TsspException(
            Reason.DIGEST_MISMATCH, "part '" + part.name() + "' is not the one that was signed");
      }
    }
  }

  private static byte[] digest(PackageFile file, PackageFile.Section section) {
    MessageDigest digest = Digests.sha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = file.stream(section)) {
      int count;
      while ((count = in.read(buffer)) >= 0) {
        digest.update(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read the package", e);
    }
    return digest.digest();
  }
}
