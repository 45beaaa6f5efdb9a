package dev.tensafe.cli.demo;

import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.server.assembly.AdapterSource;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.DigestCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The demo's two adapters. They pass all steps of any other: an owner packs and signs them, an
 * operator pins the owner, a host opens them. This process plays all three roles. Its keys are made
 * at its start and never written to disk. The packages lie in a temporary directory until it ends.
 */
public final class DemoAdapters implements AdapterSource {
  private static final Logger LOG = LoggerFactory.getLogger(DemoAdapters.class);

  /** Known-answer vectors of the encrypted one. */
  private static final int PROBES = 16;

  private final DemoFiles files;
  private final Path directory;
  private final DigestCache cache;
  private final InstantSource clock;
  private final RecipientKey host;
  private final SigningKey owner;

  private DemoAdapters(
      DemoFiles files,
      Path directory,
      DigestCache cache,
      InstantSource clock,
      RecipientKey host,
      SigningKey owner) {
    this.files = files;
    this.directory = directory;
    this.cache = cache;
    this.clock = clock;
    this.host = host;
    this.owner = owner;
  }

  /**
   * Makes keys, and pins the owner's.
   *
   * @throws ConfigException {@code config.demo} when there is no temporary directory to write to
   */
  public static DemoAdapters create(DemoFiles files, DigestCache cache, InstantSource clock) {
    SecureRandom random = new SecureRandom();
    Path directory;
    try {
      directory = Files.createTempDirectory("tensafe-demo-");
    } catch (IOException e) {
      throw new ConfigException("config.demo", "cannot write to the temporary directory", e);
    }
    DemoAdapters demo =
        new DemoAdapters(
            files,
            directory,
            cache,
            clock,
            RecipientKey.generate(random),
            SigningKey.generate(random));
    try {
      new TrustDirectory(demo.trust())
          .add(
              new TrustedKey(
                  "demo",
                  demo.owner.publicKey(),
                  Set.of(Role.ISSUER),
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  0));
      return demo;
    } catch (RuntimeException e) {
      demo.close();
      throw e;
    }
  }

  @Override
  public RecipientKey key() {
    return host;
  }

  @Override
  public Path trust() {
    return directory.resolve("trust");
  }

  @Override
  public Path store() {
    return directory.resolve("adapters");
  }

  /** Packs both adapters and registers them. */
  @Override
  public void fill(AdapterRegistry registry) {
    register(registry, DemoFiles.PLAIN, Mode.PLAIN);
    register(registry, DemoFiles.ENCRYPTED, Mode.HE);
    LOG.info(
        "the demo: adapter {} (plain), adapter {} (encrypted; its host is embedded, which protects"
            + " nothing)",
        DemoFiles.PLAIN,
        DemoFiles.ENCRYPTED);
  }

  private void register(AdapterRegistry registry, String name, Mode mode) {
    Path file = directory.resolve(name + ".tssp");
    PackRequest request =
        new PackRequest(
            files.adapter(name),
            files.model(),
            PackRequest.Binding.WEIGHTS,
            name,
            1,
            mode,
            List.of(host.publicKey()),
            mode == Mode.HE ? List.of(host.publicKey()) : List.of(),
            Optional.empty(),
            Policy.NONE,
            PROBES,
            Optional.empty(),
            Map.of());
    new AdapterPacker(clock, new SecureRandom(), cache).pack(request, owner, file);
    Path upload = registry.newUpload();
    try {
      Files.move(file, upload, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new ConfigException("config.demo", "cannot write to the temporary directory", e);
    }
    registry.register(upload, Optional.of(true));
  }

  @Override
  public void close() {
    owner.close();
    host.close();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      LOG.warn("{} could not be deleted", directory);
    }
  }
}
