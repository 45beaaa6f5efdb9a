package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.AdapterState;
import dev.tensafe.lora.registry.Registration;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry with real packages whose disk, clock or neighbours misbehave. */
class AdapterRegistryTest {
  @TempDir private Path directory;
  private Path model;
  private AdapterOwner owner;
  private AdapterRegistry registry;
  private Instant now = Instant.now();

  @BeforeEach
  void open() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
    registry = open(1 << 20);
  }

  @AfterEach
  void close() {
    registry.close();
  }

  private AdapterRegistry open(long memoryBytes) {
    return AdapterRegistry.open(
        new RegistryConfig(
            directory.resolve("adapters"),
            owner.trust,
            owner.modelHost,
            "tiny",
            BaseModel.of(model),
            2,
            memoryBytes,
            Optional.empty()),
        () -> now);
  }

  private Registration register(String name, long version) throws Exception {
    Path upload = registry.newUpload();
    Files.copy(owner.pack(name, version, owner.peft(version)), upload);
    return registry.register(upload, Optional.empty());
  }

  private void hold(String name) {
    try (AdapterLease lease = registry.acquire(name, "").join()) {
      assertTrue(registry.resident(lease.handle()) != null);
    }
  }

  @Test
  void anExpiredAdapterIsNeitherServedNorListedAsIfItWere() throws Exception {
    register("short", 1);
    hold("short");
    now = now.plus(Duration.ofDays(31));
    assertEquals(
        "adapter.unavailable",
        assertThrows(AdapterException.class, () -> registry.acquire("short", "")).code());
    registry.refreshTrust();
    assertEquals(AdapterState.UNAVAILABLE, registry.find("short").orElseThrow().state());
    assertEquals("tssp.expired", registry.find("short").orElseThrow().reason().orElseThrow());
  }

  @Test
  void aPackageAlteredOnDiskIsRefusedWhenItIsLoadedAndHarmsNoOther() throws Exception {
    Registration bad = register("bad", 1);
    register("good", 2);
    registry.close();
    Path file = directory.resolve("adapters/packages/" + bad.status().info().digest() + ".tssp");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 9] ^= 1;
    Files.write(file, bytes);
    registry = open(1 << 20);
    CompletionException e =
        assertThrows(CompletionException.class, () -> registry.acquire("bad", "").join());
    assertTrue(e.getCause().getMessage().contains("tssp.digest_mismatch"));
    hold("good");
    registry.close();
    // a head that is altered is found at once
    bytes[100] ^= 1;
    Files.write(file, bytes);
    registry = open(1 << 20);
    assertTrue(registry.find("bad").isEmpty());
    hold("good");
  }

  @Test
  void whatCanNeverFitTheMemoryIsRefused() throws Exception {
    registry.close();
    registry = open(1000);
    assertEquals(
        "adapter.too_large", assertThrows(CodedException.class, () -> register("large", 1)).code());
    assertTrue(registry.list().isEmpty());
    assertEquals(0, registry.stats().residentBytes());
  }

  @Test
  void anUploadThatCannotBeRecordedChangesNothing() throws Exception {
    String first = register("kept", 1).status().info().digest();
    Path lock = directory.resolve("adapters/versions.lock");
    Files.delete(lock);
    Files.createDirectory(lock);
    assertThrows(CodedException.class, () -> register("kept", 2));
    assertEquals(first, registry.find("kept").orElseThrow().info().digest());
    hold("kept");
    registry.close();
    Files.delete(lock);
    registry = open(1 << 20);
    assertEquals(first, registry.find("kept").orElseThrow().info().digest());
    hold("kept");
    assertEquals(2, register("kept", 2).status().info().version());
  }

  @Test
  void uploadsAndRemovalsOfOneNameAtTheSameTimeKeepTheBooks() throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    Future<?> removals =
        other.submit(
            () -> {
              int removed = 0;
              while (removed < 30) {
                try {
                  registry.remove("busy");
                  removed++;
                } catch (AdapterException e) {
                  Thread.yield();
                }
              }
            });
    Path packed = owner.pack("busy", 1, owner.peft(1));
    while (!removals.isDone()) {
      Path upload = registry.newUpload();
      Files.copy(packed, upload);
      assertEquals("busy", registry.register(upload, Optional.empty()).status().info().name());
    }
    removals.get();
    other.shutdown();
    if (registry.find("busy").isPresent()) {
      registry.remove("busy");
    }
    assertEquals(0, registry.stats().residentBytes());
    assertTrue(registry.list().isEmpty());
  }

  @Test
  void whatWasUsedOfABudgetIsRecordedExactlyWhenTheRegistryCloses() throws Exception {
    AdapterInfo info = budgeted();
    for (int i = 0; i < 4; i++) {
      registry.reserve(info, "", 8192).settle(50);
      registry.close();
      registry = open(1 << 20);
    }
    assertEquals(200, recorded(info));
  }

  private AdapterInfo budgeted() throws Exception {
    Policy policy =
        new Policy(List.of(), OptionalLong.empty(), OptionalLong.of(100_000), false, false);
    Path upload = registry.newUpload();
    Files.copy(
        owner.pack(
            "budgeted",
            1,
            owner.peft(1),
            model,
            Mode.PLAIN,
            policy,
            owner.key,
            InstantSource.system()),
        upload);
    return registry.register(upload, Optional.empty()).status().info();
  }

  private long recorded(AdapterInfo info) throws Exception {
    return new ObjectMapper()
        .readTree(directory.resolve("adapters/usage.json").toFile())
        .path("used")
        .path("all")
        .path(info.digest())
        .path("")
        .longValue();
  }

  @Test
  void anOpeningThatFailsLetsTheDirectoryGo() throws Exception {
    registry.close();
    Path usage = directory.resolve("adapters/usage.json");
    Files.writeString(usage, "{}");
    assertEquals("adapter.storage", assertThrows(CodedException.class, () -> open(1 << 20)).code());
    Files.delete(usage);
    Path revoked = owner.trust.resolve("revoked.json");
    Files.writeString(revoked, "{}");
    assertEquals("trust.malformed", assertThrows(CodedException.class, () -> open(1 << 20)).code());
    Files.delete(revoked);
    registry = open(1 << 20);
  }
}
