package dev.tensafe.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger that many threads use at once. */
class TokenLedgerThreadsTest {
  private static final LedgerAccount ACCOUNT = LedgerAccount.ofAllTime("a", "");
  private static final OptionalLong LIMIT = OptionalLong.of(100_000);

  @TempDir private Path directory;

  @Test
  void aSettlementDoesNotWaitForTheDisk() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch disk = new CountDownLatch(1);
    AtomicInteger writes = new AtomicInteger();
    LedgerStore slow =
        new LedgerStore() {
          @Override
          public void write(Map<LedgerAccount, Long> counts) {
            if (writes.incrementAndGet() > 1) {
              writing.countDown();
              awaitUninterrupted(disk);
            }
          }

          @Override
          public void close() {}
        };
    TokenLedger ledger = new TokenLedger(slow, Map.of(), () -> Instant.EPOCH, task -> {});
    TokenReservation first = ledger.reserve(Map.of(ACCOUNT, LIMIT), 5000);
    CompletableFuture<TokenReservation> second =
        CompletableFuture.supplyAsync(() -> ledger.reserve(Map.of(ACCOUNT, LIMIT), 5000));
    writing.await();
    first.settle(100);
    assertEquals(100, ledger.used().get(ACCOUNT));
    assertFalse(second.isDone(), "it must not be computed before it is recorded");
    disk.countDown();
    second.join().settle(0);
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void threadsTogetherNeverGoBeyondALimitAndNothingIsLost() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("TokenLedgerThreadsTest seed " + seed);
    Path file = directory.resolve("usage.json");
    TokenLedger ledger = TokenLedger.open(file, "tensafe-usage/v1", () -> Instant.EPOCH);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Long>> sums = new ArrayList<>();
    for (int t = 0; t < 8; t++) {
      Random random = new Random(seed + t);
      sums.add(
          threads.submit(
              () -> {
                long used = 0;
                for (int i = 0; i < 200; i++) {
                  int tokens = 1 + random.nextInt(500);
                  try {
                    TokenReservation r = ledger.reserve(Map.of(ACCOUNT, LIMIT), tokens);
                    int part = random.nextInt(tokens + 1);
                    r.settle(part);
                    used += part;
                  } catch (LimitException e) {
                    // the others have it
                  }
                }
                return used;
              }));
    }
    long used = 0;
    for (Future<Long> sum : sums) {
      used += sum.get();
    }
    threads.shutdown();
    ledger.close();
    assertTrue(used <= LIMIT.getAsLong(), "seed " + seed + ": " + used);
    try (TokenLedger again = TokenLedger.open(file, "tensafe-usage/v1", () -> Instant.EPOCH)) {
      assertEquals(Map.of(ACCOUNT, used), again.used(), "seed " + seed);
    }
  }
}
