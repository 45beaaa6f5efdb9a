package dev.tensafe.server.cli;

import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.nativelib.lora.LowRankBatch;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@code serve} needs to accept adapters: a registry and its key, or nothing. */
final class AdapterHosting implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHosting.class);

  private final @Nullable RecipientKey key;
  private final @Nullable AdapterRegistry registry;

  private AdapterHosting(@Nullable RecipientKey key, @Nullable AdapterRegistry registry) {
    this.key = key;
    this.registry = registry;
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
      return new AdapterHosting(null, null);
    }
    RecipientKey key = options.passphrase.recipientKey(keyFile);
    try {
      RegistryConfig config =
          new RegistryConfig(
              adapters,
              trust,
              key,
              baseName,
              BaseModel.of(directory),
              layers,
              (long) options.adapterMemoryMib << 20);
      LOG.info("low-rank kernels: {}", LowRankBatch.kernel());
      return new AdapterHosting(key, AdapterRegistry.open(config, clock));
    } catch (RuntimeException e) {
      key.close();
      throw e;
    }
  }

  Optional<AdapterRegistry> registry() {
    return Optional.ofNullable(registry);
  }

  /** What the engine runs in its forward pass. */
  List<ForwardHook> hooks() {
    AdapterRegistry adapters = registry;
    return adapters == null ? List.of() : List.of(new LoraHook(adapters::resident));
  }

  @Override
  public void close() {
    if (registry != null) {
      registry.close();
    }
    if (key != null) {
      key.close();
    }
  }
}
