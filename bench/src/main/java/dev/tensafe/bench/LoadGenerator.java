package dev.tensafe.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs a load: closed (each client waits for its answer) or open (requests come when they are due).
 */
public final class LoadGenerator {
  private LoadGenerator() {}

  /**
   * Runs to the end.
   *
   * @throws BenchException {@code bench.unreachable} when not even one warm-up request succeeds
   */
  public static LoadReport run(LoadSpec spec) {
    StreamClient client = new StreamClient(spec);
    warmUp(spec, client);
    LoadReport report = new LoadReport(spec);
    ExecutorService threads =
        spec.concurrency() > 0
            ? Executors.newFixedThreadPool(spec.concurrency())
            : Executors.newCachedThreadPool();
    try {
      long start = System.nanoTime();
      List<Future<?>> futures =
          spec.concurrency() > 0
              ? closedLoop(spec, client, report, threads)
              : openLoop(spec, client, report, threads, start);
      for (Future<?> future : futures) {
        future.get();
      }
      report.duration((System.nanoTime() - start) / 1e9);
      return report;
    } catch (InterruptedException | ExecutionException e) {
      throw new BenchException("bench.failed", "the run was interrupted", e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void warmUp(LoadSpec spec, StreamClient client) {
    ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, spec.concurrency()));
    try {
      List<Future<StreamClient.Outcome>> futures = new ArrayList<>();
      for (int i = 0; i < Math.max(1, spec.warmups()); i++) {
        long seed = spec.seed() - 1 - i;
        futures.add(threads.submit(() -> client.run(seed)));
      }
      for (Future<StreamClient.Outcome> future : futures) {
        future.get();
      }
    } catch (InterruptedException | ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new BenchException(
          "bench.unreachable",
          "no answer from "
              + spec.url()
              + ": "
              + (cause.getMessage() == null
                  ? cause.getClass().getSimpleName()
                  : cause.getMessage()),
          e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static List<Future<?>> closedLoop(
      LoadSpec spec, StreamClient client, LoadReport report, ExecutorService threads) {
    AtomicInteger next = new AtomicInteger();
    List<Future<?>> futures = new ArrayList<>();
    for (int c = 0; c < spec.concurrency(); c++) {
      futures.add(
          threads.submit(
              () -> {
                for (int i = next.getAndIncrement();
                    i < spec.requests() / spec.turns();
                    i = next.getAndIncrement()) {
                  for (int turn = 0; turn < spec.turns(); turn++) {
                    one(spec.seed() + i, turn, System.nanoTime(), client, report);
                  }
                }
              }));
    }
    return futures;
  }

  private static List<Future<?>> openLoop(
      LoadSpec spec, StreamClient client, LoadReport report, ExecutorService threads, long start) {
    Random random = new Random(spec.seed());
    List<Future<?>> futures = new ArrayList<>();
    double dueSeconds = 0;
    for (int i = 0; i < spec.requests(); i++) {
      long due = start + (long) (dueSeconds * 1e9);
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      long seed = spec.seed() + i;
      futures.add(threads.submit(() -> one(seed, 0, due, client, report)));
      dueSeconds += -Math.log(1 - random.nextDouble()) / spec.requestRate();
    }
    return futures;
  }

  private static void one(long seed, int turn, long due, StreamClient client, LoadReport report) {
    try {
      report.add(turn, due, client.run(seed, turn));
    } catch (IOException e) {
      report.fail();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      report.fail();
    }
  }
}
