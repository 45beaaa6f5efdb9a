package dev.tensafe.lora.registry;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.lora.weights.AdapterWeights;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Adapters in memory and their users. A name has one current version. A version that was replaced
 * drains, and is freed with its last user. Weights are loaded at the first request. Unused ones are
 * evicted, least recently used first, when others need the room. Requests whose weights do not fit
 * yet wait in order. Thread-safe; what is done with an entry is decided under the lock and carried
 * out after it.
 */
final class AdapterTable {
  /** Reads weights into memory, on the loader's thread. */
  interface Loader {
    AdapterWeights load(AdapterInfo info, LoadWatch watch);
  }

  private final long capacity;
  private final Loader loader;
  private final Executor executor;
  private final Consumer<AdapterInfo> onGone;

  @GuardedBy("this")
  private final Map<String, AdapterEntry> byName = new TreeMap<>();

  @GuardedBy("this")
  private final Map<Long, AdapterEntry> byHandle = new LinkedHashMap<>();

  /** Changed under the lock; read without it by the engine's thread. */
  private final Map<Long, AdapterWeights> resident = new ConcurrentHashMap<>();

  @GuardedBy("this")
  private final Deque<AdapterEntry> parked = new ArrayDeque<>();

  @GuardedBy("this")
  private long reservedBytes;

  @GuardedBy("this")
  private long nextHandle = 1;

  @GuardedBy("this")
  private long uses;

  @GuardedBy("this")
  private long loads;

  @GuardedBy("this")
  private long evictions;

  @GuardedBy("this")
  private long failedLoads;

  /**
   * @param capacity bytes of weights in memory at most
   * @param executor runs loads, one after the other
   * @param onGone told of versions that nobody can reach any more
   */
  AdapterTable(long capacity, Loader loader, Executor executor, Consumer<AdapterInfo> onGone) {
    this.capacity = capacity;
    this.loader = loader;
    this.executor = executor;
    this.onGone = onGone;
  }

  /** The weights behind a handle while they are in memory. */
  @Nullable AdapterWeights resident(long handle) {
    return resident.get(handle);
  }

  /**
   * Takes room for weights that are about to be loaded, if that is possible at once.
   *
   * @return whether it was
   */
  boolean tryReserve(long bytes) {
    Effects effects = new Effects();
    boolean room;
    synchronized (this) {
      room = makeRoom(bytes, effects);
      if (room) {
        reservedBytes += bytes;
      }
    }
    effects.run();
    return room;
  }

  /** Returns room that no entry took over. */
  void unreserve(long bytes) {
    Effects effects = new Effects();
    synchronized (this) {
      reservedBytes -= bytes;
      unpark(effects);
    }
    effects.run();
  }

  /**
   * Makes a version the current one of its name; an earlier one drains.
   *
   * @param weights in memory, their room reserved; null to load them when they are needed
   */
  void install(AdapterInfo info, boolean pinned, @Nullable AdapterWeights weights) {
    Effects effects = new Effects();
    synchronized (this) {
      AdapterEntry entry = new AdapterEntry(nextHandle++, info, pinned);
      entry.lastUse = ++uses;
      if (weights != null) {
        entry.reserved = true;
        entry.weights = weights;
        resident.put(entry.handle, weights);
        loads++;
      }
      byHandle.put(entry.handle, entry);
      AdapterEntry before = byName.put(info.name(), entry);
      if (before != null) {
        retire(before, effects);
      }
      unpark(effects);
    }
    effects.run();
  }

  /** Removes a name; false if there is none. */
  boolean remove(String name) {
    Effects effects = new Effects();
    synchronized (this) {
      AdapterEntry entry = byName.remove(name);
      if (entry == null) {
        return false;
      }
      retire(entry, effects);
      unpark(effects);
    }
    effects.run();
    return true;
  }

  /** Sets whether the current version of a name stays in memory. */
  void pin(String name, boolean pinned) {
    Effects effects = new Effects();
    synchronized (this) {
      AdapterEntry entry = byName.get(name);
      if (entry != null) {
        entry.pinned = pinned;
        unpark(effects);
      }
    }
    effects.run();
  }

  /** Marks an entry as unusable, or as usable again. */
  synchronized void distrust(String digest, @Nullable CodedException reason) {
    byName.values().stream()
        .filter(e -> e.info.digest().equals(digest))
        .forEach(e -> e.distrust = reason);
  }

  /** As the other, and nobody hears of a load. */
  CompletableFuture<AdapterLease> acquire(String name, Consumer<AdapterInfo> check) {
    return acquire(name, check, LoadWatch.NONE);
  }

  /**
   * Holds the current version of a name, in memory.
   *
   * @param check may refuse the version that would be held, by throwing
   * @param watch hears of a load that begins from now on
   * @return completes when it is there; if it was completed or cancelled before, nothing is held
   * @throws AdapterException {@code adapter.not_found}, {@code adapter.unavailable}
   */
  CompletableFuture<AdapterLease> acquire(
      String name, Consumer<AdapterInfo> check, LoadWatch watch) {
    CompletableFuture<AdapterLease> future = new CompletableFuture<>();
    Effects effects = new Effects();
    synchronized (this) {
      AdapterEntry entry = byName.get(name);
      if (entry == null) {
        throw new AdapterException(Reason.NOT_FOUND, "there is no adapter '" + name + "'");
      }
      CodedException distrust = entry.distrust;
      if (distrust != null) {
        throw new AdapterException(
            Reason.UNAVAILABLE,
            "adapter '"
                + name
                + "' cannot be used: "
                + distrust.code()
                + ": "
                + distrust.description());
      }
      check.accept(entry.info);
      entry.users++;
      entry.lastUse = ++uses;
      if (entry.weights != null) {
        grant(entry, future, effects);
      } else {
        entry.waiters.add(new AdapterEntry.Waiter(future, watch));
        if (!entry.loading) {
          entry.loading = true;
          parked.add(entry);
          unpark(effects);
        }
      }
    }
    effects.run();
    return future;
  }

  @GuardedBy("this")
  private void grant(AdapterEntry entry, CompletableFuture<AdapterLease> future, Effects effects) {
    AdapterLease lease = new AdapterLease(entry.handle, entry.info, () -> release(entry));
    effects.add(
        () -> {
          if (!future.complete(lease)) {
            lease.close();
          }
        });
  }

  private void release(AdapterEntry entry) {
    Effects effects = new Effects();
    synchronized (this) {
      entry.users--;
      if (entry.idle() && !entry.current) {
        drop(entry, effects);
      }
      unpark(effects);
    }
    effects.run();
  }

  /** Its name leads elsewhere now. */
  @GuardedBy("this")
  private void retire(AdapterEntry entry, Effects effects) {
    entry.current = false;
    if (entry.idle()) {
      drop(entry, effects);
    }
  }

  @GuardedBy("this")
  private void drop(AdapterEntry entry, Effects effects) {
    unload(entry, effects);
    byHandle.remove(entry.handle);
    // on the loader's thread: the caller may be the engine, and files are slow
    effects.add(() -> inBackground(() -> onGone.accept(entry.info)));
  }

  private void inBackground(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      // closing: what is left over is swept at the next start
    }
  }

  @GuardedBy("this")
  private void unload(AdapterEntry entry, Effects effects) {
    AdapterWeights weights = entry.weights;
    if (weights != null) {
      resident.remove(entry.handle);
      entry.weights = null;
      effects.add(weights::close);
    }
    if (entry.reserved) {
      entry.reserved = false;
      reservedBytes -= entry.info.bytes();
    }
  }

  /** Evicts what nobody uses until the bytes fit; evicts nothing if that is not enough. */
  @GuardedBy("this")
  private boolean makeRoom(long bytes, Effects effects) {
    long missing = reservedBytes + bytes - capacity;
    List<AdapterEntry> victims = Eviction.choose(byHandle.values(), missing);
    if (victims.stream().mapToLong(e -> e.info.bytes()).sum() < missing) {
      return false;
    }
    for (AdapterEntry victim : victims) {
      unload(victim, effects);
      evictions++;
    }
    return true;
  }

  /** Starts loads in the order they were asked for, as far as there is room. */
  @GuardedBy("this")
  private void unpark(Effects effects) {
    while (!parked.isEmpty()) {
      AdapterEntry entry = parked.getFirst();
      if (!makeRoom(entry.info.bytes(), effects)) {
        if (entry.info.bytes() <= capacity - pinnedBytes()) {
          return; // others will leave
        }
        parked.removeFirst();
        loaded(
            entry,
            null,
            new AdapterException(
                Reason.UNAVAILABLE,
                "adapter '" + entry.info.name() + "' does not fit beside those that are pinned"),
            effects);
        continue;
      }
      parked.removeFirst();
      entry.reserved = true;
      reservedBytes += entry.info.bytes();
      effects.add(() -> inBackground(() -> load(entry)));
    }
  }

  private void load(AdapterEntry entry) {
    AdapterWeights weights = null;
    CodedException failure = null;
    try {
      weights = loader.load(entry.info, watches(entry));
    } catch (CodedException e) {
      failure = e;
    } catch (RuntimeException | Error e) {
      failure =
          new AdapterException(
              Reason.UNAVAILABLE, "adapter '" + entry.info.name() + "' could not be loaded", e);
    }
    Effects effects = new Effects();
    synchronized (this) {
      loaded(entry, weights, failure, effects);
      unpark(effects);
    }
    effects.run();
  }

  /** Those of all who wait now. */
  private synchronized LoadWatch watches(AdapterEntry entry) {
    List<LoadWatch> all =
        entry.waiters.stream()
            .map(AdapterEntry.Waiter::watch)
            .filter(watch -> watch != LoadWatch.NONE)
            .toList();
    return all.isEmpty() ? LoadWatch.NONE : new LoadWatches(all);
  }

  /** Ends a load, with weights or with the reason why there are none. */
  @GuardedBy("this")
  private void loaded(
      AdapterEntry entry,
      @Nullable AdapterWeights weights,
      @Nullable CodedException failure,
      Effects effects) {
    entry.loading = false;
    List<CompletableFuture<AdapterLease>> waiters =
        entry.waiters.stream().map(AdapterEntry.Waiter::future).toList();
    entry.waiters.clear();
    if (weights != null) {
      entry.weights = weights;
      resident.put(entry.handle, weights);
      loads++;
      waiters.forEach(waiter -> grant(entry, waiter, effects));
    } else {
      failedLoads++;
      unload(entry, effects);
      entry.users -= waiters.size();
      effects.add(() -> waiters.forEach(w -> w.completeExceptionally(failure)));
      if (entry.idle() && !entry.current) {
        drop(entry, effects);
      }
    }
  }

  @GuardedBy("this")
  private long pinnedBytes() {
    return byHandle.values().stream()
        .filter(e -> e.reserved && e.pinned && e.current)
        .mapToLong(e -> e.info.bytes())
        .sum();
  }

  /** Every version there is: current ones by name, then those that drain. */
  synchronized List<AdapterStatus> list() {
    List<AdapterStatus> out = new ArrayList<>();
    byName.values().forEach(e -> out.add(e.status()));
    byHandle.values().stream().filter(e -> !e.current).forEach(e -> out.add(e.status()));
    return out;
  }

  synchronized Optional<AdapterStatus> find(String name) {
    return Optional.ofNullable(byName.get(name)).map(AdapterEntry::status);
  }

  /** Whether any version, current or draining, is of this package. */
  synchronized boolean refersTo(String digest) {
    return byHandle.values().stream().anyMatch(e -> e.info.digest().equals(digest));
  }

  /** Names of the versions that are in use, by handle. */
  synchronized Map<Long, String> inUse() {
    Map<Long, String> out = new HashMap<>();
    byHandle.values().stream()
        .filter(e -> e.users > 0)
        .forEach(e -> out.put(e.handle, e.info.name()));
    return out;
  }

  synchronized RegistryStats stats() {
    return new RegistryStats(
        byName.size(), resident.size(), reservedBytes, capacity, loads, evictions, failedLoads);
  }

  /** Frees all weights; nothing is used any more. */
  synchronized void close() {
    Effects effects = new Effects();
    byHandle.values().forEach(e -> unload(e, effects));
    effects.run();
  }
}
