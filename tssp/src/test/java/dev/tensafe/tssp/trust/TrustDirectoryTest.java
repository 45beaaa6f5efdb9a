package dev.tensafe.tssp.trust;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustDirectoryTest {
  private final SigningKey key = SigningKey.generate(new SeededRandom(1));

  @TempDir Path directory;

  private TrustedKey trusted(String name, String... prefixes) {
    return new TrustedKey(
        name,
        key.publicKey(),
        Set.of(Role.ISSUER, Role.REVIEWER),
        List.of(prefixes),
        Optional.of(Instant.parse("2026-01-01T00:00:00Z")),
        Optional.of(Instant.parse("2027-01-01T00:00:00Z")),
        2);
  }

  private static void assertRefused(Reason reason, Runnable run) {
    TsspException e = assertThrows(TsspException.class, run::run);
    assertEquals(reason, e.reason(), e.description());
  }

  @Test
  void whatIsAddedIsReadBack() {
    Path trust = directory.resolve("new/trust");
    new TrustDirectory(trust).add(trusted("acme", "acme-"));
    assertEquals(
        Optional.of(trusted("acme", "acme-")), TrustStore.open(trust).find(key.publicKey().id()));
    assertRefused(Reason.TRUST_EXISTS, () -> new TrustDirectory(trust).add(trusted("again")));
  }

  @Test
  void badNamesPrefixesAndIdsAreRefused() {
    TrustDirectory trust = new TrustDirectory(directory);
    assertRefused(Reason.TRUST_MALFORMED, () -> trust.add(trusted("")));
    assertRefused(Reason.TRUST_MALFORMED, () -> trust.add(trusted("../x")));
    assertRefused(Reason.TRUST_MALFORMED, () -> trust.add(trusted("acme", "UPPER")));
    assertRefused(Reason.TRUST_MALFORMED, () -> trust.revokePackage("xyz"));
    assertRefused(Reason.TRUST_UNKNOWN_KEY, () -> trust.revokeIssuer(key.publicKey().id()));
  }

  @Test
  void aStoreThatCannotBeUnderstoodIsNotUsed() throws IOException {
    assertRefused(Reason.TRUST_MALFORMED, () -> TrustStore.open(directory.resolve("none")));
    new TrustDirectory(directory).add(trusted("acme"));
    Path file = directory.resolve("keys/" + key.publicKey().id() + ".json");
    String good = Files.readString(file);
    for (String bad :
        new String[] {
          "",
          "{}",
          good.replace("\"issuer\"", "\"owner\""),
          good.replace("required_reviews", "reviews"),
          good.replace("\"acme\"", "\"\""),
          good.replace("2026-01-01T00:00:00Z", "2026-01-01"),
          good.replace(key.publicKey().id().hex(), "0".repeat(64)),
        }) {
      Files.writeString(file, bad);
      TsspException e = assertThrows(TsspException.class, () -> TrustStore.open(directory));
      assertTrue(
          e.reason() == Reason.TRUST_MALFORMED || e.reason() == Reason.KEY_MALFORMED,
          e.description());
    }
    Files.writeString(file, good);
    TrustStore.open(directory);
    Files.move(file, directory.resolve("keys/" + "0".repeat(64) + ".json"));
    assertRefused(Reason.TRUST_MALFORMED, () -> TrustStore.open(directory));
  }

  /** A link to itself stands for whatever is there but cannot be looked at. */
  @Test
  void aRecordThatCannotBeReadIsNotTakenForAnEmptyOne() throws IOException {
    new TrustDirectory(directory).add(trusted("acme"));
    for (String name : new String[] {"revoked.json", "revocations"}) {
      Path unreadable = directory.resolve(name);
      Files.createSymbolicLink(unreadable, Path.of(name));
      assertRefused(Reason.IO, () -> TrustStore.open(directory));
      Files.delete(unreadable);
      TrustStore.open(directory);
    }
    Path versions = directory.resolve("versions.json");
    Files.createSymbolicLink(versions, versions.getFileName());
    assertRefused(Reason.IO, () -> SeenVersionsFile.open(directory));
  }

  /** Several writers, as in several server processes: no version is lost, none goes down. */
  @Test
  void versionsOnlyGrowWhoeverWrites() throws Exception {
    Workplace place = new Workplace(directory.resolve("place"));
    Path registry = Files.createDirectory(directory.resolve("registry"));
    List<Release> releases = new ArrayList<>();
    for (int version = 0; version < 10; version++) {
      releases.add(
          Release.of(
              place.pack(
                  place.named(version % 2 == 0 ? "even" : "odd", version),
                  place.owner,
                  directory.resolve("p.tssp"),
                  version),
              String.format("%064x", version)));
    }
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int first = i;
      threads.add(
          new Thread(
              () -> {
                SeenVersionsFile own = SeenVersionsFile.open(registry);
                for (int k = first; k < releases.size(); k += 4) {
                  try {
                    own.record(releases.get(k));
                  } catch (TsspException e) {
                    assertEquals(Reason.ROLLBACK, e.reason());
                  }
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    KeyId owner = place.owner.publicKey().id();
    SeenVersionsFile after = SeenVersionsFile.open(registry);
    assertEquals(Optional.of(seen(8)), after.highest(owner, "even"));
    assertEquals(Optional.of(seen(9)), after.highest(owner, "odd"));
    assertEquals(Optional.empty(), after.highest(owner, "neither"));
    assertEquals(
        Optional.empty(), SeenVersionsFile.open(directory.resolve("none")).highest(owner, "even"));
  }

  private static SeenVersions.Seen seen(long version) {
    return new SeenVersions.Seen(version, Optional.of(String.format("%064x", version)));
  }

  @Test
  void aVersionIsOnePackageAndAnOldRecordLearnsWhich() throws IOException {
    KeyId id = key.publicKey().id();
    Release first = new Release(id, "demo", 3, "a".repeat(64));
    Release second = new Release(id, "demo", 3, "b".repeat(64));
    Release next = new Release(id, "demo", 4, "b".repeat(64));
    Path file = directory.resolve("versions.json");
    Files.writeString(
        file,
        "{\"format\":\"tensafe-versions/v1\",\"highest\":{\""
            + id
            + "/demo\":3,\""
            + id
            + "/other\":7}}");
    SeenVersionsFile versions = SeenVersionsFile.open(directory);
    versions.require(second);
    assertEquals(Map.of(), versions.recordAll(List.of(first)));
    assertRefused(Reason.VERSION_REUSED, () -> versions.require(second));
    assertRefused(Reason.VERSION_REUSED, () -> versions.record(second));
    assertRefused(Reason.ROLLBACK, () -> versions.record(new Release(id, "other", 6, "c")));
    SeenVersionsFile again = SeenVersionsFile.open(directory);
    again.record(first);
    assertRefused(Reason.VERSION_REUSED, () -> again.record(second));
    assertEquals(
        Optional.of(new SeenVersions.Seen(7, Optional.empty())), again.highest(id, "other"));
    again.record(next);
    assertRefused(Reason.ROLLBACK, () -> versions.record(first));
    assertTrue(Files.readString(file).contains("\"sha256\" : \"" + "b".repeat(64)));
    Files.writeString(file, Files.readString(file).replace("bbbb", "XXXX"));
    assertRefused(Reason.VERSIONS_UNUSABLE, () -> versions.highest(id, "demo"));
  }

  @Test
  void nothingIsLostWhenManyOperatorsChangeTheDirectoryAtTheSameTime() throws Exception {
    new TrustDirectory(directory).add(trusted("acme"));
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<?>> changes = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      String id = String.format("%032x", i);
      changes.add(threads.submit(() -> new TrustDirectory(directory).revokePackage(id)));
    }
    for (Future<?> change : changes) {
      change.get();
    }
    threads.shutdown();
    assertEquals(32, TrustStore.open(directory).revokedPackages().size());
  }

  @Test
  void whoRevokedAndWhenIsKeptAndTheOperatorCanTakeItBack() throws IOException {
    Instant time = Instant.parse("2026-11-26T21:00:00Z");
    TrustDirectory trust = new TrustDirectory(directory, "ana", () -> time);
    trust.add(trusted("acme"));
    KeyId id = key.publicKey().id();
    String packageId = "0".repeat(32);
    trust.revokeIssuer(id);
    trust.revokePackage(packageId);
    TrustStore store = TrustStore.open(directory);
    assertEquals(
        "by the operator 'ana' on 2026-11-26T21:00:00Z",
        store.issuerRevoked(id).orElseThrow().description());
    assertEquals(
        "by the operator on 2026-11-26T21:00:00Z",
        store.packageRevoked(id, packageId).orElseThrow().publicDescription());
    trust.remove(id);
    trust.add(trusted("acme"));
    assertTrue(TrustStore.open(directory).isIssuerRevoked(id), "forgotten by removal");
    trust.restoreIssuer(id);
    trust.restorePackage(packageId);
    assertFalse(TrustStore.open(directory).isIssuerRevoked(id));
    assertTrue(TrustStore.open(directory).packageRevoked(id, packageId).isEmpty());
    assertRefused(Reason.TRUST_NOT_REVOKED, () -> trust.restoreIssuer(id));
    assertRefused(Reason.TRUST_NOT_REVOKED, () -> trust.restorePackage(packageId));
    trust.remove(id);
    assertRefused(Reason.TRUST_UNKNOWN_KEY, () -> trust.remove(id));
  }

  @Test
  void anIssuersOwnWordIsNotTakenBackByTheOperator() throws IOException {
    TrustDirectory trust = new TrustDirectory(directory);
    trust.add(trusted("acme"));
    KeyId id = key.publicKey().id();
    Path file = directory.resolve("r.rev");
    Files.write(
        file,
        Revocation.sign(
            key, Instant.parse("2026-11-26T21:00:00Z"), Set.of(), true, new SeededRandom(2)));
    trust.importRevocation(file);
    Files.delete(file);
    trust.revokeIssuer(id);
    assertRefused(Reason.TRUST_NOT_REVOKED, () -> trust.restoreIssuer(id));
    assertEquals(
        "by its issuer 'acme' on 2026-11-26T21:00:00Z",
        TrustStore.open(directory).issuerRevoked(id).orElseThrow().description());
  }

  /** As version 1 of the file was written. */
  @Test
  void aListThatDoesNotSayByWhomIsStillRead() throws IOException {
    new TrustDirectory(directory).add(trusted("acme"));
    KeyId id = key.publicKey().id();
    Files.writeString(
        directory.resolve("revoked.json"),
        "{\"format\":\"tensafe-revoked/v1\",\"issuers\":[\"" + id + "\"],\"packages\":[]}");
    assertEquals(
        "by the operator",
        TrustStore.open(directory).issuerRevoked(id).orElseThrow().description());
    new TrustDirectory(directory).revokePackage("0".repeat(32));
    assertTrue(TrustStore.open(directory).isIssuerRevoked(id));
  }
}
