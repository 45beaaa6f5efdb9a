package dev.tensafe.server.http;

import dev.tensafe.lora.registry.AdapterLease;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.server.openai.ApiException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;

/**
 * A model that is being pinned: its adapter may still be on its way into memory. Ends in exactly
 * one of {@link #ready} with a model, {@link #ready} with a failure, and {@link #abandon}.
 *
 * @param flow requests of one flow share their part of the engine's time
 * @param encrypted what serves mode he
 * @param lease empty for the base model
 */
record PendingPin(
    String tenant,
    String flow,
    Optional<EncryptedMode> encrypted,
    Optional<CompletableFuture<AdapterLease>> lease) {

  /** Completes when the model can answer. */
  CompletableFuture<PinnedModel> ready() {
    return lease
        .map(pending -> pending.thenApply(got -> pinned(Optional.of(got))))
        .orElseGet(() -> CompletableFuture.completedFuture(pinned(Optional.empty())));
  }

  private PinnedModel pinned(Optional<AdapterLease> got) {
    return new PinnedModel(tenant, flow, encrypted, got);
  }

  /** Gives up waiting, or gives back what was got meanwhile. */
  void abandon() {
    lease.ifPresent(
        pending -> {
          if (!pending.cancel(false) && !pending.isCompletedExceptionally()) {
            pending.join().close();
          }
        });
  }

  /** The error of a failed pin for clients. */
  static ApiException failure(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof TimeoutException || cause instanceof CancellationException) {
      return ApiException.unavailable(
          "adapter_unavailable", "the adapter did not get into memory in time");
    }
    return Failures.of(cause);
  }
}
