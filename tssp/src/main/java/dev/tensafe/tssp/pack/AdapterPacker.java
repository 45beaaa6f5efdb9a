package dev.tensafe.tssp.pack;

import static java.util.Objects.requireNonNull;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftAdapter;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.split.OwnerSplit;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.content.WeightsPart;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestWriter;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Names;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tssp.verify.DigestCache;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Makes a signed package of a PEFT directory, which is checked against its base model before
 * anything is signed. The weights go through memory only, piece by piece. Given the same random
 * bytes and the same clock, the package is the same.
 */
public final class AdapterPacker {
  private final InstantSource clock;
  private final SecureRandom random;
  private final DigestCache cache;

  /** A packer that reads all weights of a base model each time. */
  public AdapterPacker(InstantSource clock, SecureRandom random) {
    this(clock, random, DigestCache.none());
  }

  /**
   * A packer.
   *
   * @param cache may be trusted: the digest it gives of the base model's weights is signed
   */
  public AdapterPacker(InstantSource clock, SecureRandom random, DigestCache cache) {
    this.clock = requireNonNull(clock, "clock is null");
    this.random = requireNonNull(random, "random is null");
    this.cache = requireNonNull(cache, "cache is null");
  }

  /**
   * Packs an adapter.
   *
   * @return the manifest as signed
   * @throws FormatException {@code peft.*}, {@code safetensors.*}, {@code checkpoint.*}, {@code
   *     split.*} when the adapter is not one that can be served on the base model
   * @throws TsspException {@code tssp.invalid_request}, {@code tssp.io}
   */
  public Manifest pack(PackRequest request, SigningKey key, Path target) {
    requireSensible(request);
    try (Checkpoint checkpoint = Checkpoint.open(request.base());
        PeftDirectory peft = PeftDirectory.open(request.peft(), BaseProjections.of(checkpoint))) {
      requireDecimals(peft.adapter());
      // May read all weights of the model: last of the checks.
      BaseModel base = BaseModel.of(request.base(), cache);
      return request.mode() == Mode.PLAIN
          ? packPlain(request, key, target, base, peft)
          : packSplit(request, key, target, base, peft, checkpoint);
    }
  }

  private Manifest packPlain(
      PackRequest request, SigningKey key, Path target, BaseModel base, PeftDirectory peft) {
    byte[] packageId = bytes(16);
    return PackageWriter.write(
        target,
        packageId,
        manifest(request, key, base, packageId, WeightsPart.describe(peft.adapter())),
        List.of(PlainPart.of(peft, request.recipients())),
        key,
        random);
  }

  private Manifest packSplit(
      PackRequest request,
      SigningKey key,
      Path target,
      BaseModel base,
      PeftDirectory peft,
      Checkpoint checkpoint) {
    byte[] packageId = bytes(16);
    byte[] splitSeed = bytes(OwnerSplit.SEED_BYTES);
    try (OwnerSplit split = new OwnerSplit(peft, checkpoint, splitSeed)) {
      HeParts parts = new HeParts(peft, split, bytes(ProbeVectors.SEED_BYTES), request.probes());
      AdapterDescription all = WeightsPart.describe(peft.adapter());
      AdapterDescription effective =
          new AdapterDescription(
              all.rank(),
              all.alpha(),
              all.rslora(),
              all.dtype(),
              parts.modules().stream().mapToLong(LoraModule::parameters).sum(),
              parts.modules().stream().map(WeightsPart::describe).toList());
      return PackageWriter.write(
          target,
          packageId,
          manifest(request, key, base, packageId, effective),
          List.of(parts.publicPart(request.recipients()), parts.sealedPart(request.adapterHosts())),
          key,
          random);
    } finally {
      Arrays.fill(splitSeed, (byte) 0);
    }
  }

  private Function<List<Part>, Manifest> manifest(
      PackRequest request,
      SigningKey key,
      BaseModel base,
      byte[] packageId,
      AdapterDescription adapter) {
    Instant created = Instant.ofEpochSecond(clock.instant().getEpochSecond());
    Path name = request.base().toAbsolutePath().normalize().getFileName();
    return parts ->
        new Manifest(
            HexFormat.of().formatHex(packageId),
            request.name(),
            request.version(),
            key.publicKey().id(),
            created,
            request.lifetime().map(created::plus),
            request
                .baseModel()
                .of(
                    name == null ? "model" : name.toString(),
                    base.configSha256(),
                    base.weightsSha256()),
            adapter,
            request.mode(),
            parts,
            request.policy(),
            request.mode() == Mode.HE ? OptionalInt.of(request.probes()) : OptionalInt.empty(),
            request.license(),
            request.annotations());
  }

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private static void requireSensible(PackRequest request) {
    require(
        Mode.SERVED.contains(request.mode()),
        "an adapter's mode is plain or he, not '" + request.mode().label() + "'");
    require(
        Names.ADAPTER.matcher(request.name()).matches(),
        "an adapter's name looks like "
            + Names.ADAPTER.pattern()
            + ", not '"
            + request.name()
            + "'");
    require(
        request.version() >= 0 && request.version() <= CanonicalJson.MAX_INTEGER,
        "a version is from 0 to " + CanonicalJson.MAX_INTEGER);
    requireRecipients(request.recipients(), "recipients");
    if (request.mode() == Mode.HE) {
      requireRecipients(request.adapterHosts(), "adapter hosts as recipients");
      require(
          request.probes() >= 1 && request.probes() <= ProbeVectors.MAX_COUNT,
          "there are 1 to " + ProbeVectors.MAX_COUNT + " probes");
    } else {
      require(request.adapterHosts().isEmpty(), "only packages of mode he have adapter hosts");
      require(
          !request.policy().requiresSeparateAdapterHost(),
          "only packages of mode he can require a separate adapter host");
    }
    require(
        request.lifetime().map(t -> t.toSeconds() > 0).orElse(true),
        "a package must be valid for some time");
    require(
        request.policy().allowedTenants().stream().allMatch(t -> Names.LABEL.matcher(t).matches()),
        "a tenant's name looks like " + Names.LABEL.pattern());
    require(
        request.annotations().keySet().stream().allMatch(k -> Names.LABEL.matcher(k).matches()),
        "an annotation's key looks like " + Names.LABEL.pattern());
    require(
        Stream.of(request.policy().maxTokensTotal(), request.policy().maxTokensPerTenantPerDay())
            .allMatch(limit -> limit.orElse(1) >= 1),
        "a limit of tokens is at least 1");
  }

  private static void requireRecipients(List<RecipientPublicKey> recipients, String what) {
    require(
        !recipients.isEmpty() && recipients.size() <= Part.MAX_RECIPIENTS,
        "1 to " + Part.MAX_RECIPIENTS + " " + what + " are needed");
    require(
        new HashSet<>(recipients).size() == recipients.size(), "one of the " + what + " is twice");
  }

  private static void requireDecimals(PeftAdapter adapter) {
    for (LoraModule module : adapter.modules()) {
      requireDecimal(module.alpha());
    }
    requireDecimal(adapter.config().alpha());
  }

  private static void requireDecimal(BigDecimal alpha) {
    require(
        ManifestWriter.isDecimal(alpha),
        "alpha " + alpha + " has more than 16 digits after the point or 13 before");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new TsspException(Reason.INVALID_REQUEST, message);
    }
  }
}
