package dev.tensafe.lora.registry;

import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.weights.AdapterWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The table's record of one version; guarded by the table. */
final class AdapterEntry {
  final long handle;
  final AdapterInfo info;
  final List<Waiter> waiters = new ArrayList<>();
  @Nullable AdapterWeights weights;

  /** Whether its memory is accounted for: while it is loading or resident. */
  boolean reserved;

  /** Whether it is loading, or waits for room to. */
  boolean loading;

  /** Whether its name leads here. */
  boolean current = true;

  boolean pinned;
  int users;
  long lastUse;

  /** Why it may not be used now; checked again from time to time. */
  @Nullable CodedException distrust;

  /** Somebody who waits for it to be loaded. */
  record Waiter(CompletableFuture<AdapterLease> future, LoadWatch watch) {}

  AdapterEntry(long handle, AdapterInfo info, boolean pinned) {
    this.handle = handle;
    this.info = info;
    this.pinned = pinned;
  }

  boolean idle() {
    return users == 0 && !loading;
  }

  AdapterStatus status() {
    AdapterState state;
    if (!current) {
      state = AdapterState.DRAINING;
    } else if (distrust != null) {
      state = AdapterState.UNAVAILABLE;
    } else if (weights != null) {
      state = AdapterState.RESIDENT;
    } else {
      state = loading ? AdapterState.LOADING : AdapterState.STORED;
    }
    return new AdapterStatus(
        info, state, users, pinned, Optional.ofNullable(distrust).map(CodedException::code));
  }
}
