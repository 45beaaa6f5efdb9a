package dev.tensafe.server.train.sample;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.LoraTrainee;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.publish.AdapterPackage;
import dev.tensafe.tuning.run.WeightsRoom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Trained weights in the serving engine's registry, each as a signed package encrypted to the
 * service; and, for tenants whose recipient keys are known, the same as a package for them. Called
 * on the trainer's thread.
 */
public final class PublishedWeights implements WeightsRoom {
  private static final int NAME_DIGITS = 40;

  private final AdapterRegistry registry;
  private final AdapterPackage packages;
  private final RecipientPublicKey service;
  private final Function<String, List<RecipientPublicKey>> recipients;
  private final Path directory;
  private final InstantSource clock;
  private long lastVersion;

  /**
   * @param service opens packages of the engine
   * @param recipients of a tenant; none where it has not given any
   * @param directory of packages for tenants
   */
  public PublishedWeights(
      AdapterRegistry registry,
      AdapterPackage packages,
      RecipientPublicKey service,
      Function<String, List<RecipientPublicKey>> recipients,
      Path directory,
      InstantSource clock) {
    this.registry = registry;
    this.packages = packages;
    this.service = service;
    this.recipients = recipients;
    this.directory = directory;
    this.clock = clock;
  }

  /** The registry's name for published weights: it tells nothing of its model. */
  public static String adapterName(String model, String name) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest((model + "/" + name).getBytes(UTF_8));
      return "t-" + HexFormat.of().formatHex(digest).substring(0, NAME_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void publish(
      String tenant,
      String model,
      String name,
      LoraSpec spec,
      LoraTrainee trainee,
      Optional<Long> ttlSeconds) {
    // a version is never lower than one before it, in this process or an earlier one
    lastVersion = Math.max(lastVersion + 1, clock.millis());
    Optional<Duration> lifetime = ttlSeconds.map(Duration::ofSeconds);
    AdapterPackage.Content own =
        new AdapterPackage.Content(
            adapterName(model, name),
            lastVersion,
            spec,
            trainee.trained(),
            trainee::values,
            List.of(service),
            tenant.isEmpty() ? List.of() : List.of(tenant),
            lifetime);
    Path upload = registry.newUpload();
    try {
      packages.write(own, upload);
    } catch (RuntimeException e) {
      registry.discard(upload);
      throw e;
    }
    registry.register(upload, Optional.of(false));
    List<RecipientPublicKey> theirs = recipients.apply(tenant);
    if (!theirs.isEmpty()) {
      export(model, name, own, theirs);
    }
  }

  private void export(
      String model, String name, AdapterPackage.Content own, List<RecipientPublicKey> theirs) {
    AdapterPackage.Content exported =
        new AdapterPackage.Content(
            own.name(),
            own.version(),
            own.spec(),
            own.shapes(),
            own.values(),
            theirs,
            List.of(),
            own.lifetime());
    try {
      Path folder = Files.createDirectories(directory.resolve(model));
      Path partial = folder.resolve(".partial-" + name + ".tssp");
      Files.deleteIfExists(partial);
      packages.write(exported, partial);
      Files.move(
          partial,
          folder.resolve(name + ".tssp"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new TuningException(
          Kind.FAILED, "tuning.store", "cannot write a package for its owner", e);
    }
  }

  /** The package that a tenant can open, if there is one. */
  public Optional<Path> exported(WeightsPath path) {
    Path file = directory.resolve(path.model()).resolve(path.name() + ".tssp");
    return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
  }

  @Override
  public void withdraw(String model, String name) {
    try {
      registry.remove(adapterName(model, name));
    } catch (AdapterException e) {
      if (e.reason() != AdapterException.Reason.NOT_FOUND) {
        throw e;
      }
    }
    try {
      Files.deleteIfExists(directory.resolve(model).resolve(name + ".tssp"));
    } catch (IOException e) {
      throw new TuningException(
          Kind.FAILED, "tuning.store", "cannot delete a package of published weights", e);
    }
  }
}
