package dev.tensafe.server.structured;

import static java.util.concurrent.CompletableFuture.runAsync;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MaskWorkersTest {
  private final MaskWorkers workers = new MaskWorkers(1);

  @AfterEach
  void close() {
    workers.close();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Takes long until something else has happened. */
  private CompletableFuture<Void> until(CompletableFuture<?> other, String tenant) {
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Void> task =
        runAsync(
            () -> {
              begun.countDown();
              while (!other.isDone()) {
                workers.pause();
              }
            },
            workers.of(tenant));
    await(begun);
    return task;
  }

  @Test
  void whatTakesLongIsInNobodysWay() throws Exception {
    CompletableFuture<Void> release = new CompletableFuture<>();
    List<CompletableFuture<Void>> slow = new ArrayList<>();
    for (int i = 0; i < MaskWorkers.MOST_SLOW; i++) {
      slow.add(until(release, "flood"));
    }
    CompletableFuture<Void> ninth = runAsync(() -> {}, workers.of("flood"));
    for (int i = 0; i < 100; i++) {
      runAsync(() -> {}, workers.of("neighbour")).get(30, SECONDS);
    }
    assertFalse(ninth.isDone(), "a tenant has so many threads and no more");
    assertTrue(slow.stream().noneMatch(CompletableFuture::isDone));
    release.complete(null);
    for (CompletableFuture<Void> task : slow) {
      task.get(30, SECONDS);
    }
    ninth.get(30, SECONDS);
  }

  @Test
  void theSlowTasksOfTenantsTakeTurns() throws Exception {
    CompletableFuture<Void> release = new CompletableFuture<>();
    for (int i = 0; i < 4; i++) {
      until(release, "flood");
    }
    List<String> turns = Collections.synchronizedList(new ArrayList<>());
    CompletableFuture<Void> neighbour =
        runAsync(
            () -> {
              for (int i = 0; i < 50; i++) {
                workers.pause();
                turns.add("neighbour");
              }
            },
            workers.of("neighbour"));
    neighbour.get(30, SECONDS); // though four others never end before it does
    release.complete(null);
    assertEquals(50, turns.size());
  }

  @Test
  void oneThatTakesLongRunsAtATime() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      tasks.add(
          runAsync(
              () -> {
                workers.pause();
                for (int turn = 0; turn < 200; turn++) {
                  most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                  Thread.onSpinWait();
                  inside.decrementAndGet();
                  workers.pause();
                }
              },
              workers.of("tenant" + i % 3)));
    }
    for (CompletableFuture<Void> task : tasks) {
      task.get(30, SECONDS);
    }
    assertEquals(1, most.get());
  }

  @Test
  void tenantsTakeTurns() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Void> first =
        runAsync(
            () -> {
              begun.countDown();
              await(gate);
            },
            workers.of("a"));
    await(begun);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    List<CompletableFuture<Void>> tasks = new ArrayList<>(List.of(first));
    for (String name : List.of("a1", "a2", "a3", "b1", "b2", "c1")) {
      tasks.add(runAsync(() -> order.add(name), workers.of(name.substring(0, 1))));
    }
    gate.countDown();
    for (CompletableFuture<Void> task : tasks) {
      task.get(30, SECONDS);
    }
    assertEquals(List.of("a1", "b1", "c1", "a2", "b2", "a3"), order);
  }

  @Test
  void aFailureIsItsTasksOwn() throws Exception {
    CompletableFuture<Void> bad =
        runAsync(
            () -> {
              workers.pause();
              throw new IllegalStateException("bad");
            },
            workers.of("a"));
    assertThrows(ExecutionException.class, () -> bad.get(30, SECONDS));
    workers.of("a").execute(() -> {});
    CompletableFuture<Void> after = runAsync(workers::pause, workers.of("b"));
    after.get(30, SECONDS);
  }

  @Test
  void closingEndsWhatTakesLong() {
    CompletableFuture<Void> first = until(new CompletableFuture<>(), "a");
    CompletableFuture<Void> second = until(new CompletableFuture<>(), "b");
    workers.close();
    for (CompletableFuture<Void> task : List.of(first, second)) {
      ExecutionException e = assertThrows(ExecutionException.class, () -> task.get(30, SECONDS));
      assertInstanceOf(CancellationException.class, e.getCause());
    }
  }

  @Test
  void nothingIsLost() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (MaskWorkers several = new MaskWorkers(3)) {
      List<CompletableFuture<Void>> tasks = new ArrayList<>();
      for (int i = 0; i < 3000; i++) {
        int pauses = random.nextInt(20) == 0 ? random.nextInt(10) : 0;
        tasks.add(
            runAsync(
                () -> {
                  for (int pause = 0; pause < pauses; pause++) {
                    several.pause();
                  }
                },
                several.of("tenant" + random.nextInt(5))));
      }
      for (CompletableFuture<Void> task : tasks) {
        task.get(30, SECONDS);
      }
    }
  }

  @Test
  void elsewhereAPauseDoesNothing() {
    workers.pause();
  }
}
