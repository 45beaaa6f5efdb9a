package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.host.AdapterDirectory;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.SealedPart;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.Registration;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One version of an adapter is one package, at a model host and at an adapter host. */
class ReusedVersionTest {
  private static final String REUSED = "tssp.version_reused";
  private static final InstantSource CLOCK = InstantSource.system();

  @TempDir private Path directory;
  private AdapterOwner owner;
  private Path model;
  private Path hosted;

  @BeforeEach
  void begin() throws Exception {
    model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    owner = new AdapterOwner(directory.resolve("owner"), model);
    hosted = Files.createDirectory(directory.resolve("hosted"));
  }

  private AdapterRegistry registry() {
    return AdapterRegistry.open(
        new RegistryConfig(
            directory.resolve("adapters"),
            owner.trust,
            owner.modelHost,
            "tiny",
            BaseModel.of(model),
            2,
            1 << 20,
            Optional.empty()),
        CLOCK);
  }

  private AdapterHost host() {
    return new AdapterHost(
        owner.adapterHost,
        TokenMeter.open(
            AdapterDirectory.state(hosted).resolve("usage.json"), CLOCK, OptionalLong.empty()),
        HostLimits.standard());
  }

  private static Registration register(AdapterRegistry registry, Path file) throws Exception {
    Path upload = registry.newUpload();
    Files.copy(file, upload);
    return registry.register(upload, Optional.empty());
  }

  private static void assertReused(AdapterRegistry registry, Path file) {
    CodedException e = assertThrows(CodedException.class, () -> register(registry, file));
    assertEquals(REUSED, e.code(), e.description());
  }

  private static String digest(Path file) {
    try (PackageFile opened = PackageFile.open(file)) {
      return HexFormat.of().formatHex(Digests.sha256(opened.manifestBytes()));
    }
  }

  private static String served(AdapterRegistry registry) {
    return registry.find("demo").orElseThrow().info().digest();
  }

  @Test
  void aRegistryKeepsTheFirstPackageOfAVersion() throws Exception {
    Path first = owner.pack("demo", 3, owner.peft(1));
    Path second = owner.pack("demo", 3, owner.peft(2));
    Path repacked = owner.pack("demo", 3, owner.peft(1));
    try (AdapterRegistry registry = registry()) {
      assertTrue(register(registry, first).created());
      assertReused(registry, second);
      assertReused(registry, repacked);
      assertEquals(digest(first), served(registry));
      assertFalse(register(registry, first).created());
      registry.remove("demo");
      assertReused(registry, second);
      assertTrue(register(registry, first).created());
    }
    try (AdapterRegistry registry = registry()) {
      assertEquals(digest(first), served(registry));
      assertReused(registry, second);
      assertTrue(register(registry, owner.pack("demo", 4, owner.peft(2))).created());
    }
  }

  /** A record without digests, as earlier servers left it. */
  @Test
  void whatIsRegisteredUnderAnOldRecordIsTheFirst() throws Exception {
    Path first = owner.pack("demo", 3, owner.peft(1));
    try (AdapterRegistry registry = registry()) {
      register(registry, first);
    }
    Files.writeString(
        directory.resolve("adapters/versions.json"),
        "{\"format\":\"tensafe-versions/v1\",\"highest\":{\""
            + owner.key.publicKey().id()
            + "/demo\":3}}");
    try (AdapterRegistry registry = registry()) {
      assertEquals(digest(first), served(registry));
      assertReused(registry, owner.pack("demo", 3, owner.peft(2)));
      registry.remove("demo");
      assertTrue(register(registry, first).created());
    }
  }

  @Test
  void ofManyUploadsOfOneVersionOneIsAccepted() throws Exception {
    int count = 4;
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      files.add(owner.pack("demo", 3, owner.peft(i + 1)));
    }
    ExecutorService uploads = Executors.newFixedThreadPool(count);
    try (AdapterRegistry registry = registry()) {
      CyclicBarrier start = new CyclicBarrier(count);
      List<Future<String>> results = new ArrayList<>();
      for (Path file : files) {
        results.add(
            uploads.submit(
                () -> {
                  start.await();
                  try {
                    return register(registry, file).status().info().digest();
                  } catch (CodedException e) {
                    return e.code();
                  }
                }));
      }
      Set<String> codes = new TreeSet<>();
      for (Future<String> result : results) {
        codes.add(result.get());
      }
      assertEquals(Set.of(REUSED, served(registry)), codes);
    } finally {
      uploads.shutdown();
    }
  }

  private Path deliver(Path file, String name) throws Exception {
    return Files.copy(file, hosted.resolve(name));
  }

  private static Set<String> served(AdapterHost host) {
    return host.adapters().stream().map(SealedPart::digest).collect(Collectors.toSet());
  }

  @Test
  void anAdapterHostKeepsTheFirstPackageOfAVersion() throws Exception {
    Path first = owner.packEncrypted("demo", 3, owner.peft(1));
    Path second = owner.packEncrypted("demo", 3, owner.peft(1));
    Path placed = deliver(first, "b.tssp");
    try (AdapterHost host = host()) {
      AdapterDirectory packages = AdapterDirectory.open(hosted, owner.trust, host, CLOCK);
      deliver(second, "a.tssp");
      packages.refresh();
      assertEquals(Set.of(digest(first)), served(host));
      deliver(first, "copy.tssp");
      packages.refresh();
      Files.delete(placed);
      packages.refresh();
      assertEquals(Set.of(digest(first)), served(host));
    }
    // the name of a file decides nothing after a restart
    try (AdapterHost host = host()) {
      AdapterDirectory packages = AdapterDirectory.open(hosted, owner.trust, host, CLOCK);
      assertEquals(Set.of(digest(first)), served(host));
      Files.delete(hosted.resolve("copy.tssp"));
      packages.refresh();
      assertEquals(Set.of(), served(host));
      deliver(first, "again.tssp");
      packages.refresh();
      assertEquals(Set.of(digest(first)), served(host));
    }
  }

  @Test
  void anAdapterHostServesNothingThatItCannotRecord() throws Exception {
    Path lock = AdapterDirectory.state(hosted).resolve("versions.lock");
    Files.createDirectory(lock);
    Path first = deliver(owner.packEncrypted("demo", 3, owner.peft(1)), "a.tssp");
    try (AdapterHost host = host()) {
      AdapterDirectory packages = AdapterDirectory.open(hosted, owner.trust, host, CLOCK);
      assertEquals(Set.of(), served(host));
      Files.delete(lock);
      Path second = deliver(first, "b.tssp");
      packages.refresh();
      assertEquals(Set.of(digest(second)), served(host));
    }
  }
}
