package dev.tensafe.lora.registry;

import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.lora.weights.AdapterWeights;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.trust.Release;
import dev.tensafe.tssp.trust.SeenVersionsFile;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes the package of a name. Several uploads may be verified and read at a time. The change
 * itself is made under the store's lock: first on disk, so that it lasts, then in the table, so
 * that it is seen. Thread-safe.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

  private final RegistryConfig config;
  private final InstantSource clock;
  private final PackageGate gate;
  private final PackageStore store;
  private final SeenVersionsFile versions;
  private final AdapterTable table;

  Registrar(
      RegistryConfig config,
      InstantSource clock,
      PackageGate gate,
      PackageStore store,
      SeenVersionsFile versions,
      AdapterTable table) {
    this.config = config;
    this.clock = clock;
    this.gate = gate;
    this.store = store;
    this.versions = versions;
    this.table = table;
  }

  /**
   * Checks the weights of a verified upload and makes it the package of its name.
   *
   * @param upload moved to its place, if it is new
   * @param pinned whether it is to stay in memory; empty to leave that as it is
   * @throws TsspException {@code tssp.content_invalid}, or any code of opening a part; {@code
   *     tssp.rollback}, {@code tssp.version_reused} when another upload came first
   * @throws AdapterException {@code adapter.name_taken}, {@code adapter.too_large}, {@code
   *     adapter.storage}
   */
  Registration register(Path upload, VerifiedPackage verified, Optional<Boolean> pinned) {
    Manifest manifest = verified.manifest();
    requireName(manifest.name(), manifest.issuer());
    Optional<Registration> known = known(verified, pinned);
    if (known.isPresent()) {
      return known.get();
    }
    AdapterInfo info = gate.info(manifest, verified.digest(), clock.instant());
    if (info.bytes() > config.capacityBytes()) {
      throw tooLarge(info);
    }
    boolean room = table.tryReserve(info.bytes());
    AdapterWeights weights = null;
    try {
      if (room) {
        weights = gate.read(verified);
      } else {
        gate.check(verified);
      }
      gate.withhold(upload, manifest);
      Registration registration = commit(upload, info, pinned, weights);
      weights = registration.created() ? null : weights;
      room = room && !registration.created();
      return registration;
    } finally {
      if (weights != null) {
        weights.close();
      }
      if (room) {
        table.unreserve(info.bytes());
      }
    }
  }

  private Registration commit(
      Path upload, AdapterInfo info, Optional<Boolean> pinned, @Nullable AdapterWeights weights) {
    synchronized (store) {
      // all of it again: another upload may have come first
      requireName(info.name(), info.issuer());
      Optional<AdapterStatus> before = table.find(info.name());
      if (before.isPresent() && before.get().info().digest().equals(info.digest())) {
        return new Registration(before.get(), false);
      }
      Release release = Release.of(info.manifest(), info.digest());
      versions.require(release);
      boolean pin = pinned.orElse(before.map(AdapterStatus::pinned).orElse(false));
      store.register(
          upload,
          info.name(),
          info.issuer(),
          new PackageStore.Registered(info.digest(), pin, info.accepted()),
          () -> versions.record(release));
      table.install(info, pin, weights);
      LOG.info("adapter '{}' version {} is {}", info.name(), info.version(), info.digest());
      // under the lock still: a removal right after this must not be mistaken for a failure
      Registration done = new Registration(table.find(info.name()).orElseThrow(), true);
      if (pin && weights == null) {
        preload(info.name());
      }
      return done;
    }
  }

  /** The registration of this very package, if there is one. */
  private Optional<Registration> known(VerifiedPackage verified, Optional<Boolean> pinned) {
    synchronized (store) {
      String name = verified.manifest().name();
      Optional<AdapterStatus> current =
          table.find(name).filter(s -> s.info().digest().equals(verified.digest()));
      if (current.isEmpty()) {
        return Optional.empty();
      }
      if (pinned.isPresent()) {
        store.pin(name, pinned.get());
        table.pin(name, pinned.get());
        if (pinned.get() && current.get().state() == AdapterState.STORED) {
          preload(name);
        }
      }
      return Optional.of(new Registration(table.find(name).orElseThrow(), false));
    }
  }

  private void requireName(String name, KeyId issuer) {
    if (name.equals(config.baseName())) {
      throw new AdapterException(Reason.NAME_TAKEN, "'" + name + "' is the base model's name");
    }
    synchronized (store) {
      KeyId owner = store.owners().get(name);
      if (owner != null && !owner.equals(issuer)) {
        throw new AdapterException(
            Reason.NAME_TAKEN, "the name '" + name + "' belongs to another issuer");
      }
    }
  }

  /**
   * Removes the adapter of a name.
   *
   * @throws AdapterException {@code adapter.not_found}, {@code adapter.storage}
   */
  void remove(String name) {
    synchronized (store) {
      PackageStore.Registered registered = store.adapters().get(name);
      if (registered == null) {
        throw new AdapterException(Reason.NOT_FOUND, "there is no adapter '" + name + "'");
      }
      store.unregister(name);
      if (!table.remove(name)) {
        store.delete(registered.digest());
      }
    }
    LOG.info("adapter '{}' is removed", name);
  }

  /** Loads the current version of a name, so that it is there at the first request. */
  void preload(String name) {
    var unusedLoad =
        table
            .acquire(name, info -> {})
            .whenComplete(
                (lease, error) -> {
                  if (lease != null) {
                    lease.close();
                  } else {
                    LOG.warn("pinned adapter '{}' cannot be loaded", name);
                  }
                });
  }

  /** The error for an adapter that can never be in memory. */
  static AdapterException tooLarge(AdapterInfo info) {
    return new AdapterException(
        Reason.TOO_LARGE,
        "adapter '"
            + info.name()
            + "' takes "
            + info.bytes()
            + " bytes of memory, more than there is for all adapters");
  }
}
