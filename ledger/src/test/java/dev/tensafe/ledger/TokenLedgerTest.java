package dev.tensafe.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.ledger.LedgerException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What the file says beside what was used, step by step. */
class TokenLedgerTest {
  private static final LedgerAccount A = LedgerAccount.ofAllTime("a", "");
  private static final LedgerAccount B = LedgerAccount.ofAllTime("b", "");
  private static final OptionalLong LIMIT = OptionalLong.of(100_000);
  private static final long MARGIN = 1000;

  private final Queue<Runnable> background = new ArrayDeque<>();
  private final FragileStore store = new FragileStore();
  private Instant now = Instant.parse("2026-11-21T23:59:00Z");
  private final TokenLedger ledger = new TokenLedger(store, Map.of(), () -> now, background::add);

  private TokenReservation reserve(long tokens) {
    return ledger.reserve(Map.of(A, LIMIT), tokens);
  }

  private void runBackground() {
    while (!background.isEmpty()) {
      background.remove().run();
    }
  }

  private static Reason reason(Executable action) {
    return assertThrows(LedgerException.class, action).reason();
  }

  @Test
  void aRestartCostsNothing() {
    FragileStore disk = new FragileStore();
    for (int i = 0; i < 4; i++) {
      TokenLedger opened = new TokenLedger(disk, disk.counts(), () -> now, background::add);
      opened.reserve(Map.of(A, LIMIT), 8192).settle(50);
      opened.close();
    }
    assertEquals(200, disk.recorded(A));
  }

  @Test
  void reservationsThatWereOpenAtOnceCostNothingOnceTheyAreSettled() {
    List<TokenReservation> all = IntStream.range(0, 12).mapToObj(i -> reserve(8192)).toList();
    assertEquals(12 * 8192 + MARGIN, store.recorded(A));
    all.forEach(r -> r.settle(50));
    runBackground();
    assertEquals(600 + MARGIN, store.recorded(A), "what a crash would cost has become less");
    ledger.close();
    assertEquals(600, store.recorded(A));
  }

  @Test
  void aCrashCostsWhatIsReservedAndTwoMarginsAtMost() {
    TokenReservation running = reserve(5000);
    TokenReservation other = reserve(20_000);
    other.settle(1);
    runBackground();
    assertEquals(5001 + MARGIN, store.recorded(A));
    reserve(2 * MARGIN).settle(0);
    runBackground();
    long cost = store.recorded(A) - 1;
    assertTrue(5000 <= cost && cost <= 5000 + 2 * MARGIN, cost + " tokens");
    TokenLedger after = new TokenLedger(store, store.counts(), () -> now, background::add);
    assertEquals(store.recorded(A), after.used().get(A));
    running.settle(0);
  }

  @Test
  void fewChargesWriteWhenTheyAreSmallBesideTheMargin() {
    for (int i = 0; i < 900; i++) {
      reserve(100).settle(10);
      runBackground();
    }
    assertTrue(store.writes <= 10, store.writes + " writes");
    for (int i = 0; i < 900; i++) {
      ledger.spend(List.of(new Charge(B, OptionalLong.empty(), 10)));
    }
    assertTrue(store.writes <= 13, store.writes + " writes");
    assertTrue(
        store.recorded(B) <= 9000 + 4096, "an account that is spent from is one margin ahead");
  }

  @Test
  void aLimitHoldsOverWhatIsUsedAndReserved() {
    TokenReservation first = reserve(60_000);
    LimitException e = assertThrows(LimitException.class, () -> reserve(40_001));
    assertEquals("ledger.limit", e.code());
    assertEquals(List.of(100_000L, 40_001L, 40_000L), List.of(e.limit(), e.asked(), e.left()));
    first.settle(10);
    first.settle(20);
    reserve(99_990).settle(99_990);
    assertEquals(100_000, store.recorded(A), "never ahead of the limit");
    assertEquals(Reason.LIMIT, reason(() -> reserve(1)));
    reserve(0).settle(0);
  }

  @Test
  void aLoweredLimitRefusesAndKeepsTheCount() {
    ledger.spend(List.of(new Charge(A, LIMIT, 500)));
    LimitException e =
        assertThrows(
            LimitException.class, () -> ledger.reserve(Map.of(A, OptionalLong.of(400)), 1));
    assertEquals(0, e.left());
    ledger.close();
    assertEquals(500, store.recorded(A));
  }

  @Test
  void severalAccountsAreChargedTogetherOrNotAtAll() {
    Map<LedgerAccount, OptionalLong> limits = Map.of(A, LIMIT, B, OptionalLong.of(10));
    ledger.reserve(limits, 10).settle(4);
    assertEquals(Reason.LIMIT, reason(() -> ledger.reserve(limits, 7)));
    List<Charge> charges = List.of(new Charge(A, LIMIT, 5), new Charge(B, OptionalLong.of(10), 7));
    assertEquals(Reason.LIMIT, reason(() -> ledger.spend(charges)));
    assertEquals(Map.of(A, 4L, B, 4L), ledger.used());
    assertThrows(
        IllegalArgumentException.class,
        () -> ledger.spend(List.of(new Charge(A, LIMIT, 1), new Charge(A, LIMIT, 2))));
  }

  @Test
  void numbersThatCannotBeAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> reserve(-1));
    assertThrows(IllegalArgumentException.class, () -> new Charge(A, OptionalLong.of(-1), 1));
    assertThrows(IllegalArgumentException.class, () -> reserve(10).settle(11));
    assertThrows(IllegalArgumentException.class, () -> reserve(10).settle(-1));
    assertEquals(20, ledger.used().get(A), "all that was reserved counts as used");
    assertEquals(
        Reason.LIMIT,
        reason(() -> ledger.reserve(Map.of(B, OptionalLong.empty()), Long.MAX_VALUE)));
  }

  @Test
  void aFullDiskRefusesAndLosesNothing() {
    reserve(5000).settle(5000);
    for (FragileStore.Failure failure :
        List.of(FragileStore.Failure.BEFORE, FragileStore.Failure.AFTER)) {
      store.failure = failure;
      assertEquals(Reason.STORAGE, reason(() -> reserve(50_000)));
      assertEquals(5000, ledger.used().get(A));
      assertTrue(store.recorded(A) >= 5000);
      store.failure = FragileStore.Failure.NONE;
      TokenReservation all = reserve(95_000);
      assertTrue(store.recorded(A) >= 100_000);
      all.settle(0);
      runBackground();
    }
    assertEquals(5000 + MARGIN, store.recorded(A));
  }

  @Test
  void aWriteThatFailsDownwardsIsNotTrustedForTheNextReservation() {
    reserve(50_000).settle(0);
    store.failure = FragileStore.Failure.AFTER;
    runBackground();
    assertEquals(MARGIN, store.recorded(A), "it is lower though the write failed");
    store.failure = FragileStore.Failure.NONE;
    reserve(40_000);
    assertTrue(store.recorded(A) >= 40_000);
  }

  @Test
  void aWriteThatFailedInTheBackgroundIsTriedAgain() {
    TokenReservation other = reserve(10);
    reserve(50_000).settle(0);
    store.failure = FragileStore.Failure.BEFORE;
    runBackground();
    assertEquals(50_010 + MARGIN, store.recorded(A));
    store.failure = FragileStore.Failure.NONE;
    other.settle(10);
    runBackground();
    assertEquals(10 + MARGIN, store.recorded(A));
  }

  @Test
  void afterCloseNothingIsCharged() {
    TokenReservation open = reserve(100);
    reserve(20_000).settle(1);
    ledger.close();
    assertEquals(101, store.recorded(A), "what is reserved still counts as used");
    int writes = store.writes;
    assertEquals(Reason.CLOSED, reason(() -> reserve(1)));
    assertEquals(Reason.CLOSED, reason(() -> ledger.spend(List.of(new Charge(A, LIMIT, 1)))));
    open.settle(0);
    runBackground();
    ledger.close();
    assertEquals(writes, store.writes, "another process may have the file");
    assertEquals(1, store.closed);
  }

  @Test
  void aCloseThatCannotWriteStillLetsTheFileGo() {
    reserve(100).settle(1);
    store.failure = FragileStore.Failure.BEFORE;
    ledger.close();
    assertEquals(1, store.closed);
    assertTrue(store.recorded(A) >= 1);
  }

  @Test
  void withNothingToSayNothingIsWritten() {
    ledger.reserve(Map.of(), 1L << 60).settle(3);
    ledger.close();
    assertEquals(0, store.writes);
  }

  private LedgerAccount today() {
    return LedgerAccount.ofDay(ledger.today(), "a", "t");
  }

  @Test
  void aDayBeginsAtMidnightAndIsDroppedOneDayAfterItsEnd() {
    LedgerAccount first = today();
    assertEquals(LocalDate.of(2026, 11, 21), first.day().orElseThrow());
    TokenReservation overnight = ledger.reserve(Map.of(first, LIMIT), 8000);
    now = now.plus(Duration.ofMinutes(1));
    LedgerAccount second = today();
    ledger.reserve(Map.of(second, LIMIT), 100_000).settle(1);
    runBackground();
    assertEquals(8000 + MARGIN, store.recorded(first), "a reservation outlives its day");
    now = now.plus(Duration.ofDays(1));
    reserve(50_000);
    assertTrue(store.counts().containsKey(first), "something of it is under way");
    overnight.settle(8000);
    now = now.plus(Duration.ofDays(1));
    ledger.close();
    assertEquals(List.of(A), new ArrayList<>(store.counts().keySet()));
  }
}
