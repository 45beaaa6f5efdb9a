package dev.tensafe.tssp.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.manifest.PolicyField;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Release;
import dev.tensafe.tssp.trust.Revocation;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.SeenVersionsFile;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One refusal after the other, each by the check it belongs to. */
class PackageVerifierTest {
  @TempDir Path directory;
  private Workplace place;
  private final SeededRandom random = new SeededRandom(50);
  private final SigningKey reviewer = SigningKey.generate(new SeededRandom(51));

  @BeforeEach
  void start() throws IOException {
    place = new Workplace(directory);
  }

  private void assertRefused(Reason reason, Path file) {
    assertRefused(reason, file, place.hostRequest(), Workplace.NOW);
  }

  private void assertRefused(Reason reason, Path file, VerifyRequest request, Instant now) {
    TsspException e =
        assertThrows(TsspException.class, () -> place.verify(PackageFile.open(file), request, now));
    assertEquals(reason, e.reason(), e.description());
  }

  private Path packWith(Policy policy, PackRequest.Binding binding) {
    return place.pack(place.request(Mode.PLAIN, binding, policy));
  }

  @Test
  void timeDecides() {
    Path file = place.pack(place.request(Mode.PLAIN));
    Instant expires = Workplace.NOW.plus(Duration.ofDays(30));
    place.verify(PackageFile.open(file), place.hostRequest(), expires.minusSeconds(1));
    assertRefused(Reason.EXPIRED, file, place.hostRequest(), expires);
    place.verify(PackageFile.open(file), place.hostRequest(), Workplace.NOW.minusSeconds(300));
    assertRefused(Reason.NOT_YET_VALID, file, place.hostRequest(), Workplace.NOW.minusSeconds(301));
  }

  @Test
  void olderVersionsAreRefusedAlsoAfterARestart() throws IOException {
    Path file = place.pack(place.request(Mode.PLAIN));
    Path registry = Files.createDirectory(directory.resolve("registry"));
    Release release = release(file);
    SeenVersionsFile.open(registry).record(release);
    verifyWith(registry, file);
    SeenVersionsFile.open(registry)
        .record(new Release(release.issuer(), "demo", 4, "0".repeat(64)));
    TsspException e = assertThrows(TsspException.class, () -> verifyWith(registry, file));
    assertEquals(Reason.ROLLBACK, e.reason());
    e = assertThrows(TsspException.class, () -> SeenVersionsFile.open(registry).record(release));
    assertEquals(Reason.ROLLBACK, e.reason());
    // A record that cannot be read stops everything.
    for (String bad : new String[] {"", "{}", "{\"format\":\"tensafe-versions/v1\"}", "[1]"}) {
      Files.writeString(registry.resolve("versions.json"), bad);
      e = assertThrows(TsspException.class, () -> SeenVersionsFile.open(registry));
      assertEquals(Reason.VERSIONS_UNUSABLE, e.reason(), bad);
    }
  }

  private Release release(Path file) {
    VerifiedPackage verified = place.verify(file);
    return Release.of(verified.manifest(), verified.digest());
  }

  @Test
  void aVersionIsOnePackageAndItsCopiesAreThatPackage() throws IOException {
    Path file = place.pack(place.request(Mode.HE));
    Path registry = Files.createDirectory(directory.resolve("registry"));
    SeenVersionsFile.open(registry).record(release(file));
    place.trust(reviewer.publicKey(), "reviewer", List.of(), Set.of(Role.REVIEWER), 0);
    Path reviewed = directory.resolve("reviewed.tssp");
    Path withheld = directory.resolve("withheld.tssp");
    try (PackageFile open = PackageFile.open(file)) {
      PackageRewriter.countersign(open, reviewer, reviewed, random);
      PackageRewriter.withhold(open, Set.of(PartKind.SEALED), withheld);
    }
    verifyWith(registry, reviewed);
    verifyWith(registry, withheld);
    for (Mode mode : Mode.SERVED) {
      Path other = place.pack(place.request(mode));
      TsspException e = assertThrows(TsspException.class, () -> verifyWith(registry, other));
      assertEquals(Reason.VERSION_REUSED, e.reason());
    }
  }

  private void verifyWith(Path registry, Path file) {
    new PackageVerifier(
            TrustStore.open(place.trust), SeenVersionsFile.open(registry), Workplace.CLOCK)
        .verify(PackageFile.open(file), place.hostRequest());
  }

  @Test
  void theBaseModelMustBeTheOneItWasMadeFor() throws IOException {
    Path bound = packWith(Policy.NONE, PackRequest.Binding.WEIGHTS);
    Path toConfig = packWith(Policy.NONE, PackRequest.Binding.CONFIG);
    Path toAny = packWith(Policy.NONE, PackRequest.Binding.ANY);
    VerifyRequest same = place.hostRequest();
    String digest = same.base().orElseThrow().weightsSha256();
    for (Path file : List.of(bound, toConfig, toAny)) {
      place.verify(PackageFile.open(file), same, Workplace.NOW);
    }
    // One weight more, with the file's size and time kept from helping the cached digest.
    Path weights = place.base.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Files.write(weights, bytes);
    Files.setLastModifiedTime(weights, FileTime.from(Instant.parse("2001-01-01T00:00:00Z")));
    VerifyRequest otherWeights = place.hostRequest();
    assertTrue(!otherWeights.base().orElseThrow().weightsSha256().equals(digest));
    assertRefused(Reason.BASE_MODEL_MISMATCH, bound, otherWeights, Workplace.NOW);
    place.verify(PackageFile.open(toConfig), otherWeights, Workplace.NOW);
    Files.writeString(place.base.resolve("config.json"), "{}");
    assertRefused(Reason.BASE_MODEL_MISMATCH, toConfig);
    place.verify(toAny);
    place.verify(PackageFile.open(bound), VerifyRequest.anyModel(), Workplace.NOW);
  }

  @Test
  void conditionsNobodyEnforcesRefuseThePackage() {
    Policy attested =
        new Policy(List.of(), OptionalLong.empty(), OptionalLong.empty(), true, false);
    assertRefused(Reason.POLICY_UNSATISFIABLE, packWith(attested, PackRequest.Binding.WEIGHTS));
    Policy limited =
        new Policy(List.of("acme"), OptionalLong.of(1000), OptionalLong.of(5000), false, false);
    Path file = packWith(limited, PackRequest.Binding.WEIGHTS);
    assertEquals(limited, place.verify(file).manifest().policy());
    VerifyRequest cannotCount =
        new VerifyRequest(Optional.empty(), Set.of(), Set.of(PolicyField.ALLOWED_TENANTS));
    assertRefused(Reason.POLICY_UNSATISFIABLE, file, cannotCount, Workplace.NOW);
  }

  @Test
  void issuersKeepToTheirNames() throws IOException {
    SigningKey limited = SigningKey.generate(random);
    place.trust(limited.publicKey(), "limited", List.of("acme-", "beta"), Set.of(Role.ISSUER), 0);
    Path file = directory.resolve("limited.tssp");
    place.pack(place.request(Mode.PLAIN), limited, file, 1);
    assertRefused(Reason.NAME_NOT_ALLOWED, file);
    place.pack(place.named("acme-demo", 3), limited, file, 2);
    place.verify(file);
  }

  @Test
  void keysCountOnlyInTheirTimeAndRole() {
    SigningKey seasonal = SigningKey.generate(random);
    new TrustDirectory(place.trust)
        .add(
            new TrustedKey(
                "seasonal",
                seasonal.publicKey(),
                Set.of(Role.ISSUER),
                List.of(),
                Optional.of(Workplace.NOW.plusSeconds(60)),
                Optional.of(Workplace.NOW.plusSeconds(120)),
                0));
    Path file = directory.resolve("seasonal.tssp");
    place.pack(place.request(Mode.PLAIN), seasonal, file, 1);
    assertRefused(
        Reason.ISSUER_NOT_ALLOWED, file, place.hostRequest(), Workplace.NOW.plusSeconds(59));
    place.verify(PackageFile.open(file), place.hostRequest(), Workplace.NOW.plusSeconds(60));
    assertRefused(
        Reason.ISSUER_NOT_ALLOWED, file, place.hostRequest(), Workplace.NOW.plusSeconds(120));
    place.trust(reviewer.publicKey(), "reviewer", List.of(), Set.of(Role.REVIEWER), 0);
    Path byReviewer = directory.resolve("reviewer.tssp");
    place.pack(place.request(Mode.PLAIN), reviewer, byReviewer, 1);
    assertRefused(Reason.ISSUER_NOT_ALLOWED, byReviewer);
  }

  @Test
  void reviewersSignAfterTheOwner() throws IOException {
    SigningKey strict = SigningKey.generate(random);
    place.trust(strict.publicKey(), "strict", List.of(), Set.of(Role.ISSUER), 1);
    Path file = directory.resolve("reviewed.tssp");
    place.pack(place.request(Mode.HE), strict, file, 1);
    assertRefused(Reason.REVIEW_MISSING, file);
    try (PackageFile open = PackageFile.open(file)) {
      PackageRewriter.countersign(open, reviewer, file, random);
    }
    assertRefused(Reason.ISSUER_UNKNOWN, file);
    place.trust(reviewer.publicKey(), "reviewer", List.of(), Set.of(Role.REVIEWER), 0);
    VerifiedPackage verified = place.verify(file);
    assertEquals(
        List.of("strict", "reviewer"), verified.signers().stream().map(TrustedKey::name).toList());
    verified.open(PartKind.SEALED, place.adapterHost, (in, n) -> in.readAllBytes());
    try (PackageFile open = PackageFile.open(file)) {
      TsspException e =
          assertThrows(
              TsspException.class, () -> PackageRewriter.countersign(open, reviewer, file, random));
      assertEquals(Reason.INVALID_REQUEST, e.reason());
    }
    // An owner is no reviewer of others.
    try (PackageFile open = PackageFile.open(file)) {
      PackageRewriter.countersign(open, place.owner, file, random);
    }
    assertRefused(Reason.ISSUER_NOT_ALLOWED, file);
    new TrustDirectory(place.trust).revokeIssuer(reviewer.publicKey().id());
    assertTrue(TrustStore.open(place.trust).isIssuerRevoked(reviewer.publicKey().id()));
  }

  @Test
  void revocationsByTheOperatorCount() {
    Path file = place.pack(place.request(Mode.PLAIN));
    Path other = place.pack(place.request(Mode.PLAIN));
    TrustDirectory trust = new TrustDirectory(place.trust);
    trust.revokePackage(place.verify(file).manifest().packageId());
    assertRefused(Reason.PACKAGE_REVOKED, file);
    place.verify(other);
    trust.revokeIssuer(place.owner.publicKey().id());
    assertRefused(Reason.ISSUER_REVOKED, other);
  }

  @Test
  void signedRevocationsSpeakForTheirIssuerOnly() throws IOException {
    Path file = place.pack(place.request(Mode.PLAIN));
    String id = place.verify(file).manifest().packageId();
    TrustDirectory trust = new TrustDirectory(place.trust);
    place.trust(reviewer.publicKey(), "other", List.of(), Set.of(Role.ISSUER), 0);
    Path statement = directory.resolve("s.rev");

    Files.write(statement, Revocation.sign(reviewer, Workplace.NOW, Set.of(id), false, random));
    trust.importRevocation(statement);
    place.verify(file);

    byte[] good = Revocation.sign(place.owner, Workplace.NOW, Set.of(id), false, random);
    for (int bit = 0; bit < good.length * 8; bit += 97) {
      byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      Files.write(statement, bad);
      assertThrows(TsspException.class, () -> trust.importRevocation(statement));
    }
    place.verify(file);
    Files.write(statement, good);
    assertEquals(Set.of(id), trust.importRevocation(statement).packages());
    assertRefused(Reason.PACKAGE_REVOKED, file);

    SigningKey stranger = SigningKey.generate(random);
    Files.write(statement, Revocation.sign(stranger, Workplace.NOW, Set.of(id), true, random));
    TsspException e = assertThrows(TsspException.class, () -> trust.importRevocation(statement));
    assertEquals(Reason.TRUST_UNKNOWN_KEY, e.reason());

    Path later = place.pack(place.request(Mode.PLAIN));
    place.verify(later);
    Files.write(statement, Revocation.sign(place.owner, Workplace.NOW, Set.of(), true, random));
    trust.importRevocation(statement);
    assertRefused(Reason.ISSUER_REVOKED, later);
  }
}
