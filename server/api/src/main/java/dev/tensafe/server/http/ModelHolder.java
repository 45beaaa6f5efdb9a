package dev.tensafe.server.http;

import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.Provenance;
import dev.tensafe.tssp.manifest.Mode;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Pins the model or adapter version for a request when it is admitted. The request keeps it, also
 * when the name gets another version.
 */
final class ModelHolder {
  private final ServedModel model;
  private final ModelNames names;
  private final long timeoutNanos;

  /**
   * @param timeoutNanos how long an adapter may take to get into memory; 0 for no limit
   */
  ModelHolder(ServedModel model, long timeoutNanos) {
    this.model = model;
    this.names = new ModelNames(model);
    this.timeoutNanos = timeoutNanos;
  }

  /** The model or adapter for a request, held until {@link #release}. */
  record Held(String tenant, String flow, Optional<AdapterLease> lease, Optional<String> profile) {
    boolean budgeted() {
      return lease.map(l -> l.info().budgeted()).orElse(false);
    }

    long handle() {
      return lease.map(AdapterLease::handle).orElse(SequenceInput.BASE);
    }

    /** With whom keys and values may be shared: same weights, same tenant, same protection. */
    CacheScope scope() {
      AdapterInfo info = lease.map(AdapterLease::info).orElse(null);
      boolean encrypted = info != null && info.manifest().mode() == Mode.HE;
      return new CacheScope(
          info == null ? "" : info.digest(), tenant, encrypted ? profile.orElse("") : "");
    }

    Optional<String> adapter() {
      return lease.map(l -> l.info().name());
    }

    Provenance provenance() {
      return lease
          .map(AdapterLease::info)
          .map(
              info ->
                  new Provenance(
                      info.digest(),
                      info.manifest().mode().label(),
                      info.manifest().mode() == Mode.HE ? profile.orElse(null) : null))
          .orElse(Provenance.BASE);
    }

    void release() {
      lease.ifPresent(AdapterLease::close);
    }
  }

  /** A hold under way. */
  record Holding(String tenant, String flow, Optional<CompletableFuture<AdapterLease>> pending) {
    /** Completes when the model can answer. */
    CompletableFuture<Optional<AdapterLease>> ready() {
      return pending
          .map(p -> p.thenApply(Optional::of))
          .orElse(CompletableFuture.completedFuture(Optional.empty()));
    }

    /** Gives up waiting, or gives back what was got meanwhile. */
    void abandon() {
      pending.ifPresent(
          p -> {
            if (!p.cancel(false) && !p.isCompletedExceptionally()) {
              p.join().close();
            }
          });
    }
  }

  /**
   * Begins to hold what a name selects.
   *
   * @throws ApiException 404 {@code model_not_found}, or as {@link AdapterException} says
   */
  Holding hold(String name, String tenant) {
    Optional<String> adapter = names.adapterOf(name);
    // a line break occurs in neither
    String flow = tenant + "\n" + adapter.orElse("");
    if (adapter.isEmpty()) {
      return new Holding(tenant, flow, Optional.empty());
    }
    try {
      CompletableFuture<AdapterLease> lease =
          model.adapters().orElseThrow().acquire(adapter.get(), tenant);
      if (timeoutNanos > 0) {
        lease.orTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
      }
      return new Holding(tenant, flow, Optional.of(lease));
    } catch (AdapterException e) {
      if (e.reason() == AdapterException.Reason.NOT_FOUND) {
        // removed between two looks
        throw ModelNames.unknown(name);
      }
      throw ApiException.of(e);
    }
  }

  /** A hold that has come about. */
  Held held(Holding holding, Optional<AdapterLease> lease) {
    Optional<String> profile =
        model.adapters().flatMap(AdapterRegistry::encrypted).map(EncryptedMode::profile);
    return new Held(holding.tenant(), holding.flow(), lease, profile);
  }

  /** The error of a failed hold for clients. */
  static ApiException failure(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof TimeoutException || cause instanceof CancellationException) {
      return ApiException.unavailable(
          "adapter_unavailable", "the adapter did not get into memory in time");
    }
    return ApiException.of(cause);
  }
}
