package dev.tensafe.lora.registry;

import dev.tensafe.formats.CodedException;
import dev.tensafe.ledger.TokenReservation;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.trust.Release;
import dev.tensafe.tssp.trust.SeenVersionsFile;
import dev.tensafe.tssp.trust.TrustSnapshot;
import dev.tensafe.tssp.trust.TrustedKey;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The adapters a server has: uploaded, verified, resident, draining, gone. What is on disk is what
 * was signed, encrypted as it came; plaintext weights exist in native memory only. Thread-safe.
 * Changes are made one at a time and are durable before they can be seen.
 */
public final class AdapterRegistry implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterRegistry.class);

  private final RegistryConfig config;
  private final InstantSource clock;
  private final PackageGate gate;
  private final PackageStore store;
  private final SeenVersionsFile versions;
  private final TokenBudgets budgets;
  private final ExecutorService loader;
  private final AdapterTable table;
  private final Registrar registrar;
  private volatile TrustSnapshot trust;

  private AdapterRegistry(
      RegistryConfig config, InstantSource clock, PackageStore store, TokenBudgets budgets) {
    this.config = config;
    this.clock = clock;
    this.store = store;
    this.gate = new PackageGate(config, clock);
    this.versions = SeenVersionsFile.open(config.directory());
    this.budgets = budgets;
    this.trust = TrustSnapshot.read(config.trust());
    this.loader =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "adapter-loader");
              thread.setDaemon(true);
              return thread;
            });
    this.table = new AdapterTable(config.capacityBytes(), this::load, loader, this::gone);
    this.registrar = new Registrar(config, clock, gate, store, versions, table);
  }

  /**
   * Opens the registry's directory and restores what was registered. What is not trusted any more
   * is left out, but kept, and logged with its reason; pinned adapters begin to load.
   *
   * @throws AdapterException {@code adapter.storage}; {@code adapter.name_taken} when the base
   *     model has the name of a registered adapter
   * @throws TsspException {@code trust.*}, {@code tssp.versions_unusable}
   */
  public static AdapterRegistry open(RegistryConfig config, InstantSource clock) {
    PackageStore store = PackageStore.open(config.directory());
    AdapterRegistry registry;
    try {
      registry = open(config, clock, store);
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
    try {
      registry.restore();
      return registry;
    } catch (RuntimeException e) {
      registry.close();
      throw e;
    }
  }

  private static AdapterRegistry open(
      RegistryConfig config, InstantSource clock, PackageStore store) {
    TokenBudgets budgets = TokenBudgets.open(config.directory(), clock);
    try {
      return new AdapterRegistry(config, clock, store, budgets);
    } catch (RuntimeException e) {
      budgets.close();
      throw e;
    }
  }

  private void restore() {
    synchronized (store) {
      Map<String, PackageStore.Registered> registered = store.adapters();
      if (registered.containsKey(config.baseName())) {
        throw new AdapterException(
            Reason.NAME_TAKEN,
            "an adapter '"
                + config.baseName()
                + "' is registered; the base model needs another name");
      }
      restore(registered);
    }
    RegistryStats stats = table.stats();
    LOG.info("{} adapters registered in {}", stats.registered(), config.directory());
  }

  /**
   * Puts registered adapters into the table; those that are not trusted are left out and logged.
   */
  private void restore(Map<String, PackageStore.Registered> registered) {
    Map<String, Manifest> manifests = new TreeMap<>();
    List<Release> releases = new ArrayList<>();
    registered.forEach(
        (name, r) -> {
          try {
            Manifest manifest = gate.recheck(store.file(r.digest()), r.digest(), trust.store());
            manifests.put(name, manifest);
            releases.add(Release.of(manifest, r.digest()));
          } catch (CodedException e) {
            // without a trusted manifest there is nothing that could be said of it
            LOG.error("adapter '{}' is not served: {}: {}", name, e.code(), e.description());
          }
        });
    // a crash may have come between index and record
    versions
        .recordAll(releases)
        .forEach(
            (release, e) -> {
              LOG.error(
                  "adapter '{}' is not served: {}: {}", release.name(), e.code(), e.description());
              manifests.remove(release.name());
            });
    manifests.forEach((name, manifest) -> restore(name, manifest, registered.get(name)));
  }

  private void restore(
      String name, Manifest manifest, PackageStore.@Nullable Registered registered) {
    if (registered == null) {
      throw new IllegalStateException("a manifest of nothing registered");
    }
    AdapterInfo info = gate.info(manifest, registered.digest(), registered.accepted());
    table.install(info, registered.pinned(), null);
    if (info.bytes() > config.capacityBytes()) {
      table.distrust(info.digest(), Registrar.tooLarge(info));
    } else if (registered.pinned()) {
      registrar.preload(name);
    }
  }

  private AdapterWeights load(AdapterInfo info, LoadWatch watch) {
    try {
      AdapterWeights weights =
          gate.load(store.file(info.digest()), info.digest(), trust.store(), watch);
      LOG.info("adapter '{}' {} loaded, {} bytes", info.name(), info.digest(), info.bytes());
      return weights;
    } catch (CodedException e) {
      LOG.error("adapter '{}' cannot be loaded: {}: {}", info.name(), e.code(), e.description());
      throw new AdapterException(
          Reason.UNAVAILABLE,
          "adapter '" + info.name() + "' cannot be used: " + e.code() + ": " + e.description(),
          e);
    }
  }

  private void gone(AdapterInfo info) {
    LOG.info("adapter '{}' {} is gone", info.name(), info.digest());
    synchronized (store) {
      if (!table.refersTo(info.digest())) {
        store.delete(info.digest());
      }
    }
  }

  /** A path on the registry's disk to write an upload to. */
  public Path newUpload() {
    return store.newIncoming();
  }

  /** Deletes an incomplete upload. */
  public void discard(Path upload) {
    store.discard(upload);
  }

  /**
   * Verifies an upload, checks its weights, and makes it the current version of its name. Blocks.
   * The file is moved or deleted in every case.
   *
   * @param pinned whether it is to stay in memory; empty to leave that as it is
   * @throws TsspException with the code of the first check of docs/TSSP.md that fails
   * @throws AdapterException {@code adapter.name_taken}, {@code adapter.mode_unsupported}, {@code
   *     adapter.too_large}, {@code adapter.storage}
   */
  public Registration register(Path upload, Optional<Boolean> pinned) {
    try {
      refreshTrust();
      return gate.admit(
          upload,
          trust.store(),
          versions,
          verified -> registrar.register(upload, verified, pinned));
    } finally {
      store.discard(upload);
    }
  }

  /**
   * Takes a name's adapter away. Requests that hold it finish; its name stays its issuer's.
   *
   * @throws AdapterException {@code adapter.not_found}, {@code adapter.storage}
   */
  public void remove(String name) {
    registrar.remove(name);
  }

  /**
   * Holds the current version of an adapter for a request and loads it if it is not in memory.
   *
   * @param tenant who asks
   * @return completes with the lease, or with what kept the adapter from being loaded. To give up
   *     waiting, complete or cancel it: nothing is held then
   * @throws AdapterException {@code adapter.not_found}, {@code adapter.tenant_not_allowed}, {@code
   *     adapter.unavailable}
   */
  public CompletableFuture<AdapterLease> acquire(String name, String tenant) {
    return acquire(name, tenant, LoadWatch.NONE);
  }

  /**
   * As the other, and says what a load for it does.
   *
   * @throws AdapterException as the other says
   */
  public CompletableFuture<AdapterLease> acquire(String name, String tenant, LoadWatch watch) {
    return table.acquire(name, info -> requireAllowed(info, tenant), watch);
  }

  private void requireAllowed(AdapterInfo info, String tenant) {
    if (!info.allowedTenants().isEmpty() && !info.allowedTenants().contains(tenant)) {
      throw new AdapterException(
          Reason.TENANT_NOT_ALLOWED,
          "the owner of '" + info.name() + "' does not allow its use here");
    }
    if (isExpired(info)) {
      throw new AdapterException(Reason.UNAVAILABLE, "adapter '" + info.name() + "' has expired");
    }
    if (info.manifest().mode() == Mode.HE) {
      config.encrypted().ifPresent(mode -> mode.requireReady(info));
    }
  }

  /**
   * Reserves tokens of an adapter's budgets for a request; may write a file.
   *
   * @param tokens the most it can use, prompts and outputs together
   * @throws AdapterException {@code adapter.budget_exhausted}, {@code adapter.storage}
   */
  public TokenReservation reserve(AdapterInfo info, String tenant, long tokens) {
    return budgets.reserve(info, tenant, tokens);
  }

  /** Tokens used of the adapters whose owners limit them in all, by digest; settled ones only. */
  public Map<String, Long> tokensUsed() {
    return budgets.used();
  }

  /** What the operator calls an issuer, if it is trusted now. */
  public Optional<String> issuerName(KeyId issuer) {
    return trust.store().find(issuer).map(TrustedKey::name);
  }

  /** The weights in memory of a held adapter, by its handle, or null. For hooks. */
  public @Nullable AdapterWeights resident(long handle) {
    return table.resident(handle);
  }

  /**
   * Looks whether trust has changed since the last time or an adapter has expired, and marks
   * adapters as unavailable, or available again, accordingly. Called from time to time. Requests
   * that run are not touched.
   */
  public void refreshTrust() {
    synchronized (store) {
      if (trust.isCurrent(config.trust())) {
        markExpired();
        return;
      }
      TrustSnapshot latest = TrustSnapshot.read(config.trust());
      trust = latest;
      for (AdapterStatus status : table.list()) {
        AdapterInfo info = status.info();
        if (status.state() != AdapterState.DRAINING) {
          table.distrust(info.digest(), whyNot(info, latest));
        }
      }
      Map<String, PackageStore.Registered> missing = store.adapters();
      missing.keySet().removeIf(name -> table.find(name).isPresent());
      restore(missing);
    }
  }

  private void markExpired() {
    for (AdapterStatus status : table.list()) {
      AdapterInfo info = status.info();
      if (AdapterState.UNAVAILABLE != status.state() && isExpired(info)) {
        table.distrust(info.digest(), whyNot(info, trust));
      }
    }
  }

  private boolean isExpired(AdapterInfo info) {
    return info.expires().map(end -> !clock.instant().isBefore(end)).orElse(false);
  }

  private @Nullable CodedException whyNot(AdapterInfo info, TrustSnapshot latest) {
    if (info.bytes() > config.capacityBytes()) {
      return Registrar.tooLarge(info);
    }
    try {
      gate.recheck(store.file(info.digest()), info.digest(), latest.store());
      return null;
    } catch (CodedException e) {
      LOG.warn("adapter '{}' is not usable: {}", info.name(), e.code());
      return e;
    }
  }

  /** The service of mode he, if there is one. */
  public Optional<EncryptedMode> encrypted() {
    return config.encrypted();
  }

  /** Current versions by name, then draining ones. */
  public List<AdapterStatus> list() {
    return table.list();
  }

  /** The current version of a name. */
  public Optional<AdapterStatus> find(String name) {
    return table.find(name);
  }

  /** Names of the versions that requests hold, by handle. */
  public Map<Long, String> inUse() {
    return table.inUse();
  }

  public RegistryStats stats() {
    return table.stats();
  }

  /**
   * Ends loading, frees all weights and records what was used of the owners' budgets. The engine
   * must have stopped: what requests still reserve would be recorded as used.
   */
  @Override
  public void close() {
    loader.shutdownNow();
    try {
      if (!loader.awaitTermination(30, TimeUnit.SECONDS)) {
        LOG.warn("an adapter is still being loaded");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      table.close();
    } finally {
      budgets.close();
      store.close();
    }
  }
}
