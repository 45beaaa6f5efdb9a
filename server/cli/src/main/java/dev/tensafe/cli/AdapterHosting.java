package dev.tensafe.cli;

import dev.tensafe.cli.demo.DemoAdapters;
import dev.tensafe.cli.demo.DemoFiles;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.EncryptedHook;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.lora.weights.PlainWeights;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.nativelib.KernelLevel;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The registry and key with which {@code serve} accepts adapters, or neither. */
final class AdapterHosting implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHosting.class);

  private final @Nullable RecipientKey key;
  private final @Nullable AdapterRegistry registry;
  private final @Nullable EncryptedAdapters encrypted;
  private final List<ForwardHook> hooks;
  private final @Nullable DemoAdapters demo;

  private AdapterHosting(
      @Nullable RecipientKey key,
      @Nullable AdapterRegistry registry,
      @Nullable EncryptedAdapters encrypted,
      List<ForwardHook> hooks,
      @Nullable DemoAdapters demo) {
    this.demo = demo;
    this.key = key;
    this.registry = registry;
    this.encrypted = encrypted;
    this.hooks = hooks;
  }

  /**
   * Opens the registry if the options name all it needs.
   *
   * @param layers of the model in {@code directory}
   * @throws dev.tensafe.formats.CodedException {@code key.*}, {@code trust.*}, {@code adapter.*}
   */
  static AdapterHosting open(
      ServeOptions options, String baseName, Path directory, int layers, InstantSource clock) {
    Path adapters = options.adapters;
    Path trust = options.trust;
    Path keyFile = options.recipientKey;
    if (adapters == null || trust == null || keyFile == null) {
      List<String> missing = new ArrayList<>();
      missing.add(adapters == null ? "--adapters" : "");
      missing.add(trust == null ? "--trust" : "");
      missing.add(keyFile == null ? "--recipient-key" : "");
      missing.removeIf(String::isEmpty);
      LOG.info("no adapter is accepted: {} not given", String.join(", ", missing));
      return new AdapterHosting(null, null, null, List.of(), null);
    }
    RecipientKey key = options.passphrase.recipientKey(keyFile);
    return open(options, adapters, trust, key, baseName, directory, layers, clock, null);
  }

  /** Opens a registry with the demo's adapters in it. */
  static AdapterHosting ofDemo(
      ServeOptions options, DemoFiles files, String baseName, int layers, InstantSource clock) {
    DemoAdapters demo = DemoAdapters.create(files, options.cache.digests(clock), clock);
    try {
      AdapterHosting hosting =
          open(
              options,
              demo.store(),
              demo.trust(),
              demo.host(),
              baseName,
              files.model(),
              layers,
              clock,
              demo);
      try {
        hosting.registry().ifPresent(demo::register);
        return hosting;
      } catch (RuntimeException e) {
        hosting.close();
        throw e;
      }
    } catch (RuntimeException e) {
      demo.close();
      throw e;
    }
  }

  private static AdapterHosting open(
      ServeOptions options,
      Path adapters,
      Path trust,
      RecipientKey key,
      String baseName,
      Path directory,
      int layers,
      InstantSource clock,
      @Nullable DemoAdapters demo) {
    try {
      BaseModel base = BaseModel.of(directory, options.cache.digests(clock));
      EncryptedAdapters encrypted = EncryptedHosting.open(options, key, base, layers, clock);
      try {
        RegistryConfig config =
            new RegistryConfig(
                adapters,
                trust,
                key,
                baseName,
                base,
                layers,
                (long) options.adapterMemoryMib << 20,
                Optional.of(encrypted));
        KernelLevel.check();
        AdapterRegistry registry = AdapterRegistry.open(config, clock);
        try {
          List<ForwardHook> hooks = hooks(options, registry, encrypted);
          return new AdapterHosting(key, registry, encrypted, hooks, demo);
        } catch (RuntimeException e) {
          registry.close();
          throw e;
        }
      } catch (RuntimeException e) {
        encrypted.close();
        throw e;
      }
    } catch (RuntimeException e) {
      key.close();
      throw e;
    }
  }

  private static List<ForwardHook> hooks(
      ServeOptions options, AdapterRegistry registry, EncryptedAdapters encrypted) {
    return List.of(
        new LoraHook(handle -> PlainWeights.of(registry.resident(handle))),
        new EncryptedHook(
            registry::resident, encrypted, EncryptedHosting.probes(options), new SecureRandom()));
  }

  Optional<AdapterRegistry> registry() {
    return Optional.ofNullable(registry);
  }

  /** The hooks of the engine's forward pass. */
  List<ForwardHook> hooks() {
    return hooks;
  }

  @Override
  public void close() {
    if (registry != null) {
      registry.close();
    }
    if (encrypted != null) {
      encrypted.close();
    }
    if (key != null) {
      key.close();
    }
    if (demo != null) {
      demo.close();
    }
  }
}
