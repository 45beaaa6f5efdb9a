package dev.tensafe.lora.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.lora.weights.PlainWeights;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** Who is in memory, who waits, who leaves; loads happen when the test says so. */
class AdapterTableTest {
  private static final LowRankAdapter.Module MODULE =
      new LowRankAdapter.Module(0, 8, 32, 8, 1, LowRankAdapter.ElementType.F32);

  /** Bytes of every adapter here. */
  private static final long ONE = MODULE.bytes();

  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private final List<String> gone = new ArrayList<>();
  private final Map<String, PlainWeights> loaded = new HashMap<>();
  private final Set<String> broken = new HashSet<>();
  private Runnable during = () -> {};

  private AdapterTable table(int capacity) {
    return new AdapterTable(
        capacity * ONE, this::load, tasks::add, info -> gone.add(info.digest()));
  }

  private PlainWeights load(AdapterInfo info, LoadWatch watch) {
    watch.verifying(info.digest());
    during.run();
    watch.verified();
    return load(info);
  }

  private PlainWeights load(AdapterInfo info) {
    if (broken.contains(info.digest())) {
      throw new AdapterException(Reason.UNAVAILABLE, "broken");
    }
    PlainWeights weights = new PlainWeights(new LowRankAdapter(1, List.of(MODULE)));
    loaded.put(info.digest(), weights);
    return weights;
  }

  private void runTasks() {
    while (!tasks.isEmpty()) {
      tasks.remove().run();
    }
  }

  private static AdapterInfo info(String name, long version) {
    return info(name, version, Policy.NONE);
  }

  static AdapterInfo info(String name, long version, Policy policy) {
    Manifest manifest =
        new Manifest(
            "0".repeat(32),
            name,
            version,
            new KeyId("0".repeat(64)),
            Instant.EPOCH,
            Optional.empty(),
            new BaseModelBinding("m", Optional.empty(), Optional.empty()),
            new AdapterDescription(8, BigDecimal.ONE, false, "F32", 0, List.of()),
            Mode.PLAIN,
            List.of(),
            policy,
            OptionalInt.empty(),
            Optional.empty(),
            Map.of());
    return new AdapterInfo(manifest, name + version, Instant.EPOCH, ONE);
  }

  private AdapterLease hold(AdapterTable table, String name) {
    CompletableFuture<AdapterLease> future = table.acquire(name, info -> {});
    runTasks();
    return future.join();
  }

  private static AdapterState state(AdapterTable table, String name) {
    return table.find(name).orElseThrow().state();
  }

  @Test
  void loadsOnceForAllWhoWaitAndKeepsItAfterwards() {
    AdapterTable table = table(1);
    table.install(info("a", 1), false, null);
    assertEquals(AdapterState.STORED, state(table, "a"));
    CompletableFuture<AdapterLease> first = table.acquire("a", info -> {});
    CompletableFuture<AdapterLease> second = table.acquire("a", info -> {});
    assertEquals(AdapterState.LOADING, state(table, "a"));
    assertFalse(first.isDone());
    runTasks();
    assertEquals(1, table.stats().loads());
    assertEquals(first.join().handle(), second.join().handle());
    assertEquals(loaded.get("a1"), table.resident(first.join().handle()));
    first.join().close();
    first.join().close();
    assertEquals(1, table.find("a").orElseThrow().users());
    second.join().close();
    assertEquals(AdapterState.RESIDENT, state(table, "a"));
  }

  @Test
  void theLeastRecentlyUsedLeavesAndWhatIsUsedOrPinnedStays() {
    AdapterTable table = table(3);
    for (String name : List.of("a", "b", "pinned", "c", "d")) {
      table.install(info(name, 1), name.equals("pinned"), null);
    }
    hold(table, "pinned").close();
    AdapterLease a = hold(table, "a");
    hold(table, "b").close();
    hold(table, "c").close();
    assertEquals(AdapterState.STORED, state(table, "b"));
    assertTrue(loaded.get("b1").adapter().isClosed());
    a.close();
    hold(table, "d").close();
    // c was used after a
    assertEquals(AdapterState.STORED, state(table, "a"));
    assertEquals(AdapterState.RESIDENT, state(table, "c"));
    assertEquals(AdapterState.RESIDENT, state(table, "pinned"));
    assertEquals(3 * ONE, table.stats().residentBytes());
    assertEquals(2, table.stats().evictions());
  }

  @Test
  void whoFindsNoRoomWaitsInOrderUntilSomebodyLeaves() {
    AdapterTable table = table(1);
    for (String name : List.of("a", "b", "c")) {
      table.install(info(name, 1), false, null);
    }
    AdapterLease a = hold(table, "a");
    CompletableFuture<AdapterLease> b = table.acquire("b", info -> {});
    CompletableFuture<AdapterLease> c = table.acquire("c", info -> {});
    runTasks();
    assertFalse(b.isDone());
    a.close();
    runTasks();
    assertTrue(b.isDone());
    assertFalse(c.isDone());
    b.join().close();
    runTasks();
    c.join().close();
    assertEquals(ONE, table.stats().residentBytes());
  }

  @Test
  void whoGivesUpWaitingHoldsNothing() {
    AdapterTable table = table(1);
    table.install(info("a", 1), false, null);
    CompletableFuture<AdapterLease> future = table.acquire("a", info -> {});
    assertTrue(future.cancel(false));
    runTasks();
    assertEquals(0, table.find("a").orElseThrow().users());
    assertEquals(AdapterState.RESIDENT, state(table, "a"));
  }

  @Test
  void aNewVersionTakesTheNameAndTheOldOneDrains() {
    AdapterTable table = table(2);
    table.install(info("a", 1), false, null);
    AdapterLease old = hold(table, "a");
    table.install(info("a", 2), false, null);
    AdapterLease young = hold(table, "a");
    assertEquals(1, old.info().version());
    assertEquals(2, young.info().version());
    assertNotEquals(old.handle(), young.handle());
    assertNotNull(table.resident(old.handle()));
    assertEquals(
        List.of(AdapterState.RESIDENT, AdapterState.DRAINING),
        table.list().stream().map(AdapterStatus::state).toList());
    assertTrue(table.refersTo("a1"));
    old.close();
    runTasks();
    assertEquals(List.of("a1"), gone);
    assertTrue(loaded.get("a1").adapter().isClosed());
    assertNull(table.resident(old.handle()));
    assertFalse(table.refersTo("a1"));
    young.close();
    assertTrue(table.remove("a"));
    runTasks();
    assertEquals(List.of("a1", "a2"), gone);
    assertEquals(0, table.stats().residentBytes());
    assertFalse(table.remove("a"));
  }

  @Test
  void aNameReplacedWhileItsOldVersionLoadsStillServesWhoAskedBefore() {
    AdapterTable table = table(2);
    table.install(info("a", 1), false, null);
    CompletableFuture<AdapterLease> early = table.acquire("a", info -> {});
    table.install(info("a", 2), false, null);
    runTasks();
    assertEquals("a1", early.join().info().digest());
    assertEquals(List.of(), gone);
    early.join().close();
    runTasks();
    assertEquals(List.of("a1"), gone);
  }

  @Test
  void aFailedLoadFailsItsWaitersOnlyAndCanBeTriedAgain() {
    AdapterTable table = table(1);
    table.install(info("a", 1), false, null);
    table.install(info("b", 1), false, null);
    broken.add("a1");
    CompletableFuture<AdapterLease> a = table.acquire("a", info -> {});
    CompletableFuture<AdapterLease> b = table.acquire("b", info -> {});
    runTasks();
    CompletionException error = assertThrows(CompletionException.class, a::join);
    assertEquals("adapter.unavailable", ((AdapterException) error.getCause()).code());
    b.join().close();
    assertEquals(1, table.stats().failedLoads());
    broken.clear();
    hold(table, "a").close();
  }

  @Test
  void whatCannotFitBesideThePinnedOnesFailsInsteadOfWaitingForever() {
    AdapterTable table = table(1);
    table.install(info("pinned", 1), true, null);
    table.install(info("a", 1), false, null);
    hold(table, "pinned").close();
    CompletableFuture<AdapterLease> a = table.acquire("a", info -> {});
    runTasks();
    CompletionException error = assertThrows(CompletionException.class, a::join);
    assertEquals("adapter.unavailable", ((AdapterException) error.getCause()).code());
    table.pin("pinned", false);
    hold(table, "a").close();
  }

  @Test
  void whoMayNotUseTheVersionThatIsThereHoldsNothing() {
    AdapterTable table = table(1);
    table.install(info("a", 1), false, null);
    assertThrows(
        AdapterException.class,
        () ->
            table.acquire(
                "a",
                info -> {
                  throw new AdapterException(Reason.TENANT_NOT_ALLOWED, info.digest());
                }));
    assertEquals(0, table.find("a").orElseThrow().users());
    assertEquals(AdapterState.STORED, state(table, "a"));
  }

  @Test
  void distrustStopsNewUsersAndCanBeLifted() {
    AdapterTable table = table(1);
    table.install(info("a", 1), false, null);
    AdapterLease before = hold(table, "a");
    table.distrust("a1", new AdapterException(Reason.UNAVAILABLE, "revoked"));
    assertEquals(AdapterState.UNAVAILABLE, state(table, "a"));
    assertThrows(AdapterException.class, () -> table.acquire("a", info -> {}));
    assertNotNull(table.resident(before.handle()));
    table.distrust("a1", null);
    hold(table, "a").close();
    before.close();
  }

  @Test
  void randomLivesKeepTheBooks() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    AdapterTable table = table(4);
    List<CompletableFuture<AdapterLease>> held = new ArrayList<>();
    Map<String, Integer> versions = new HashMap<>();
    for (int step = 0; step < 20_000; step++) {
      String name = "n" + random.nextInt(12);
      switch (random.nextInt(8)) {
        case 0 -> {
          int version = versions.merge(name, 1, Integer::sum);
          boolean room = random.nextBoolean() && table.tryReserve(ONE);
          PlainWeights weights = room ? load(info(name, version)) : null;
          table.install(info(name, version), random.nextInt(20) == 0, weights);
        }
        case 1 -> {
          if (random.nextInt(4) == 0) {
            table.remove(name);
          }
        }
        case 2, 3, 4 -> {
          if (held.size() < 30 && table.find(name).isPresent()) {
            held.add(table.acquire(name, info -> {}));
          }
        }
        case 5 -> {
          if (!tasks.isEmpty()) {
            tasks.remove().run();
          }
        }
        default -> {
          if (!held.isEmpty()) {
            CompletableFuture<AdapterLease> one = held.remove(random.nextInt(held.size()));
            if (!one.cancel(false) && !one.isCompletedExceptionally()) {
              AdapterLease lease = one.join();
              LowRankAdapter weights = PlainWeights.of(table.resident(lease.handle()));
              assertNotNull(weights, "held but not in memory");
              assertFalse(weights.isClosed());
              assertEquals(
                  loaded.get(lease.info().digest()).adapter(), weights, "another's weights");
              lease.close();
            }
          }
        }
      }
      assertTrue(table.stats().residentBytes() <= 4 * ONE, "over the limit");
    }
    for (String name : versions.keySet()) {
      table.pin(name, false);
    }
    while (!held.isEmpty()) {
      runTasks();
      held.removeIf(
          f -> {
            if (f.isDone() && !f.isCompletedExceptionally()) {
              f.join().close();
            }
            return f.isDone();
          });
    }
    versions.keySet().forEach(table::remove);
    runTasks();
    assertEquals(0, table.stats().residentBytes());
    assertEquals(List.of(), table.list());
    assertTrue(loaded.values().stream().allMatch(w -> w.adapter().isClosed()), "weights leaked");
  }

  /** Writes down what it hears. */
  private static LoadWatch watch(List<String> heard, String name) {
    return new LoadWatch() {
      @Override
      public void verifying(String digest) {
        heard.add(name + " verifying " + digest);
      }

      @Override
      public void verified() {
        heard.add(name + " verified");
      }

      @Override
      public void refused(String code) {
        heard.add(name + " " + code);
      }
    };
  }

  @Test
  void thoseWhoWaitWhenALoadBeginsHearOfIt() {
    AdapterTable table = table(2);
    AdapterInfo a = info("a", 1);
    table.install(a, false, null);
    List<String> heard = new ArrayList<>();
    List<CompletableFuture<AdapterLease>> leases = new ArrayList<>();
    during = () -> leases.add(table.acquire("a", info -> {}, watch(heard, "late")));
    for (String name : List.of("first", "second")) {
      leases.add(table.acquire("a", info -> {}, watch(heard, name)));
    }
    runTasks();
    during = () -> {};
    leases.add(table.acquire("a", info -> {}, watch(heard, "resident")));
    assertEquals(
        List.of(
            "first verifying " + a.digest(),
            "second verifying " + a.digest(),
            "first verified",
            "second verified"),
        heard);
    leases.forEach(lease -> lease.join().close());
    table.close();
  }
}
