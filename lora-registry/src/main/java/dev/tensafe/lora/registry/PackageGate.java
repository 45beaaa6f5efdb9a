package dev.tensafe.lora.registry;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.FormatException;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.lora.weights.AdapterReader;
import dev.tensafe.lora.weights.AdapterShape;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.lora.weights.PlainWeights;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.PolicyField;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * All paths from a package's file to weights. Each verifies the file, also one that was verified at
 * its upload, because it lay on disk meanwhile. Thread-safe.
 */
final class PackageGate {
  private final RegistryConfig config;
  private final InstantSource clock;
  private final VerifyRequest request;

  PackageGate(RegistryConfig config, InstantSource clock) {
    this.config = config;
    this.clock = clock;
    this.request =
        new VerifyRequest(
            Optional.of(config.base()), Set.of(config.key().publicKey().id()), enforced(config));
  }

  private static Set<PolicyField> enforced(RegistryConfig config) {
    Set<PolicyField> fields =
        EnumSet.of(
            PolicyField.ALLOWED_TENANTS,
            PolicyField.MAX_TOKENS_PER_TENANT_PER_DAY,
            PolicyField.MAX_TOKENS_TOTAL,
            PolicyField.SPECULATION);
    if (config.encrypted().map(mode -> !mode.embedded()).orElse(false)) {
      fields.add(PolicyField.REQUIRES_SEPARATE_ADAPTER_HOST);
    }
    return fields;
  }

  /**
   * Verifies a new package and hands it on while its file is open.
   *
   * @throws TsspException with the code of the first check that fails
   * @throws AdapterException {@code adapter.mode_unsupported}
   */
  <T> T admit(
      Path file, TrustStore trust, SeenVersions versions, Function<VerifiedPackage, T> use) {
    try (PackageFile opened = PackageFile.open(file)) {
      return use.apply(verify(opened, trust, versions));
    }
  }

  private VerifiedPackage verify(PackageFile opened, TrustStore trust, SeenVersions versions) {
    VerifiedPackage verified = new PackageVerifier(trust, versions, clock).verify(opened, request);
    requireServed(verified.manifest());
    return verified;
  }

  /**
   * Whether a stored package may still be used, without reading its parts.
   *
   * @param digest it was registered under
   * @throws TsspException with the code of the first check that fails
   */
  Manifest recheck(Path file, String digest, TrustStore trust) {
    try (PackageFile opened = PackageFile.open(file)) {
      requireDigest(HexFormat.of().formatHex(Digests.sha256(opened.manifestBytes())), digest);
      Manifest manifest =
          new PackageVerifier(trust, SeenVersions.none(), clock).verifyHead(opened, request);
      requireServed(manifest);
      return manifest;
    }
  }

  /**
   * Reads the weights of a stored package.
   *
   * @throws TsspException with the code of the first check that fails
   */
  AdapterWeights load(Path file, String digest, TrustStore trust, LoadWatch watch) {
    watch.verifying(digest);
    try (PackageFile opened = PackageFile.open(file)) {
      VerifiedPackage verified = verify(opened, trust, SeenVersions.none());
      requireDigest(verified.digest(), digest);
      watch.verified();
      return read(verified);
    } catch (CodedException e) {
      watch.refused(e.code());
      throw e;
    }
  }

  /** Reads the weights of a verified package; to be closed by the caller. */
  AdapterWeights read(VerifiedPackage verified) {
    if (verified.manifest().mode() == Mode.HE) {
      return encrypted(verified.manifest()).load(verified);
    }
    return new PlainWeights(
        AdapterReader.read(
            verified, config.key(), config.base().projections(), shape(verified.manifest())));
  }

  /** Reads the weights and keeps nothing. */
  void check(VerifiedPackage verified) {
    if (verified.manifest().mode() == Mode.HE) {
      encrypted(verified.manifest()).load(verified).close();
      return;
    }
    AdapterReader.check(verified, config.key(), config.base().projections());
  }

  /**
   * Takes the sealed part out of a verified upload, unless it is opened here.
   *
   * @throws TsspException {@code tssp.io}
   */
  void withhold(Path upload, Manifest manifest) {
    if (manifest.mode() == Mode.HE && !encrypted(manifest).embedded()) {
      try (PackageFile opened = PackageFile.open(upload)) {
        PackageRewriter.withhold(opened, Set.of(PartKind.SEALED), upload);
      }
    }
  }

  private AdapterShape shape(Manifest manifest) {
    try {
      return AdapterShape.of(manifest.adapter(), config.base().projections(), config.layers());
    } catch (FormatException e) {
      throw new TsspException(
          TsspException.Reason.CONTENT_INVALID, e.code() + ": " + e.description());
    }
  }

  /**
   * The registry's record of a package.
   *
   * @throws TsspException {@code tssp.content_invalid} for modules this model does not have
   */
  AdapterInfo info(Manifest manifest, String digest, Instant accepted) {
    // also finds modules that this model does not have
    long plain = shape(manifest).bytes();
    long bytes = manifest.mode() == Mode.HE ? encrypted(manifest).bytes(manifest) : plain;
    return new AdapterInfo(manifest, digest, accepted, bytes);
  }

  private void requireServed(Manifest manifest) {
    if (!Mode.SERVED.contains(manifest.mode())) {
      throw new AdapterException(
          Reason.MODE_UNSUPPORTED,
          "a package of mode '" + manifest.mode().label() + "' holds no adapter to serve");
    }
    if (manifest.mode() == Mode.HE) {
      encrypted(manifest).requireServable(manifest);
    }
  }

  private EncryptedMode encrypted(Manifest manifest) {
    return config
        .encrypted()
        .orElseThrow(
            () ->
                new AdapterException(
                    Reason.MODE_UNSUPPORTED,
                    "adapters of mode '" + manifest.mode().label() + "' are not served here"));
  }

  private static void requireDigest(String actual, String expected) {
    if (!actual.equals(expected)) {
      throw new TsspException(
          TsspException.Reason.DIGEST_MISMATCH,
          "the stored package is not the one that was registered");
    }
  }
}
