package dev.tensafe.server.http;

import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.trace.LoadTrace;
import dev.tensafe.server.trace.RequestTrace;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Pins the model or adapter version for a request when it is admitted. The request keeps it, also
 * when the name gets another version. Thread-safe.
 */
final class ModelPins {
  private final ServedModel model;
  private final ModelNames names;
  private final long timeoutNanos;

  /**
   * @param timeoutNanos how long an adapter may take to get into memory; 0 for no limit
   */
  ModelPins(ServedModel model, long timeoutNanos) {
    this.model = model;
    this.names = new ModelNames(model);
    this.timeoutNanos = timeoutNanos;
  }

  /**
   * Begins to pin the model or adapter of a name.
   *
   * @param trace of the request, which shows a load
   * @throws ApiException 404 {@code model_not_found}, or as {@link AdapterException} says
   */
  PendingPin pin(String name, String tenant, RequestTrace trace) {
    Optional<String> adapter = names.adapterOf(name);
    // a line break occurs in neither
    String flow = tenant + "\n" + adapter.orElse("");
    if (adapter.isEmpty()) {
      return new PendingPin(tenant, flow, encrypted(), Optional.empty());
    }
    try {
      AdapterRegistry registry = model.adapters().orElseThrow();
      CompletableFuture<AdapterLease> lease =
          LoadTrace.of(trace, watch -> registry.acquire(adapter.get(), tenant, watch));
      if (timeoutNanos > 0) {
        lease.orTimeout(timeoutNanos, TimeUnit.NANOSECONDS);
      }
      return new PendingPin(tenant, flow, encrypted(), Optional.of(lease));
    } catch (AdapterException e) {
      if (e.reason() == AdapterException.Reason.NOT_FOUND) {
        // removed between two looks
        throw ModelNames.unknown(name);
      }
      throw ApiException.of(e);
    }
  }

  private Optional<EncryptedMode> encrypted() {
    return model.adapters().flatMap(AdapterRegistry::encrypted);
  }
}
