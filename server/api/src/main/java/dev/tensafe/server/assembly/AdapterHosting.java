package dev.tensafe.server.assembly;

import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.EncryptedHook;
import dev.tensafe.he.client.HeTracer;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.RegistryConfig;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.lora.weights.PlainWeights;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.nativelib.KernelLevel;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tssp.verify.BaseModel;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** The registry with which a server accepts adapters, and the hooks that compute them. */
final class AdapterHosting implements AutoCloseable {
  private final OpenedParts parts;
  private final Optional<AdapterRegistry> registry;
  private final List<ForwardHook> hooks;

  private AdapterHosting(
      OpenedParts parts, Optional<AdapterRegistry> registry, List<ForwardHook> hooks) {
    this.parts = parts;
    this.registry = registry;
    this.hooks = hooks;
  }

  /** No adapter is accepted. */
  static AdapterHosting none() {
    return new AdapterHosting(new OpenedParts(), Optional.empty(), List.of());
  }

  /**
   * Opens the registry and registers the packages it starts with.
   *
   * @param source stays open until the result is closed
   * @param baseName what clients call the model
   * @param model its directory
   * @param computeThreads of the base model
   * @param tracing of an embedded adapter host
   * @throws dev.tensafe.formats.CodedException {@code key.*}, {@code trust.*}, {@code adapter.*},
   *     {@code he.*}
   */
  static AdapterHosting open(
      AdapterSettings settings,
      AdapterSource source,
      String baseName,
      Path model,
      int layers,
      int computeThreads,
      Tracing tracing,
      InstantSource clock) {
    OpenedParts parts = new OpenedParts();
    try {
      BaseModel base = BaseModel.of(model, settings.digests());
      EncryptedAdapters encrypted =
          EncryptedHosting.open(
              settings.encrypted(), source.key(), base.projections(), layers, tracing, clock);
      parts.add(encrypted::close);
      KernelLevel.check();
      AdapterRegistry registry =
          AdapterRegistry.open(
              new RegistryConfig(
                  source.store(),
                  source.trust(),
                  source.key(),
                  baseName,
                  base,
                  layers,
                  settings.memoryBytes(),
                  Optional.of(encrypted)),
              clock);
      parts.add(registry::close);
      source.fill(registry);
      List<ForwardHook> hooks =
          List.of(
              new LoraHook(handle -> PlainWeights.of(registry.resident(handle))),
              new EncryptedHook(
                  registry::resident,
                  encrypted,
                  Overlap.pays(
                      settings.encrypted().hosts(), computeThreads, Processors.ofThisMachine())));
      return new AdapterHosting(parts, Optional.of(registry), hooks);
    } catch (RuntimeException | Error e) {
      parts.closeAfter(e);
      throw e;
    }
  }

  Optional<AdapterRegistry> registry() {
    return registry;
  }

  /**
   * Tells of adapters whose results so far are not to be trusted, because a host of theirs was
   * barred.
   *
   * @param digests takes an adapter's digest, on any thread
   */
  void onDistrust(Consumer<String> digests) {
    if (registry.flatMap(AdapterRegistry::encrypted).orElse(null)
        instanceof EncryptedAdapters encrypted) {
      encrypted.barred().onBarred(pair -> digests.accept(pair.digest()));
    }
  }

  /** Sets who traces steps of encrypted adapters. */
  void traceWith(HeTracer tracer) {
    if (registry.flatMap(AdapterRegistry::encrypted).orElse(null)
        instanceof EncryptedAdapters encrypted) {
      encrypted.traceWith(tracer);
    }
  }

  /** The hooks of the engine's forward pass. */
  List<ForwardHook> hooks() {
    return hooks;
  }

  @Override
  public void close() {
    parts.close();
  }
}
