package dev.tensafe.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random histories of a ledger, with crashes and a failing disk, beside a plain sum. */
class TokenLedgerModelTest {
  private static final List<OptionalLong> LIMITS =
      List.of(
          OptionalLong.of(60),
          OptionalLong.of(100_000),
          OptionalLong.of(50_000_000),
          OptionalLong.empty());

  @TempDir private Path directory;

  /** The bound as the documents state it, not as the code computes it. */
  private static long margin(OptionalLong limit) {
    return limit.isEmpty() ? 4096 : Math.min(limit.getAsLong() / 100, 65_536);
  }

  /** An open reservation in the twin. */
  private record Open(TokenReservation real, List<LedgerAccount> accounts, long tokens) {}

  private static final class History {
    final Random random;
    final Queue<Runnable> background = new ArrayDeque<>();
    final Map<LedgerAccount, Long> used = new HashMap<>();
    final List<Open> open = new ArrayList<>();
    Instant now = Instant.parse("2026-11-21T12:00:00Z");
    FragileStore store = new FragileStore();
    TokenLedger ledger = new TokenLedger(store, Map.of(), () -> now, background::add);
    int writesAtFailure = -1;
    int refused;
    int failed;
    int crashes;

    History(long seed) {
      random = new Random(seed);
    }

    OptionalLong limit(LedgerAccount account) {
      return LIMITS.get(Integer.parseInt(account.subject()));
    }

    long reserved(LedgerAccount account) {
      return open.stream().filter(o -> o.accounts.contains(account)).mapToLong(Open::tokens).sum();
    }

    long used(LedgerAccount account) {
      return used.getOrDefault(account, 0L);
    }

    List<LedgerAccount> accounts() {
      String subject = Integer.toString(random.nextInt(LIMITS.size()));
      LedgerAccount all = LedgerAccount.ofAllTime(subject, "");
      LedgerAccount day = LedgerAccount.ofDay(ledger.today(), subject, "t" + random.nextInt(2));
      return switch (random.nextInt(3)) {
        case 0 -> List.of(all);
        case 1 -> List.of(day);
        default -> List.of(all, day);
      };
    }

    void charge() {
      List<LedgerAccount> accounts = accounts();
      long tokens = (long) Math.exp(random.nextDouble() * 10) - 1;
      boolean fits =
          accounts.stream()
              .allMatch(a -> tokens <= limit(a).orElse(Long.MAX_VALUE / 2) - used(a) - reserved(a));
      boolean spends = random.nextInt(4) == 0;
      try {
        if (spends) {
          ledger.spend(accounts.stream().map(a -> new Charge(a, limit(a), tokens)).toList());
          accounts.forEach(a -> used.merge(a, tokens, Long::sum));
        } else {
          Map<LedgerAccount, OptionalLong> limits = new TreeMap<>();
          accounts.forEach(a -> limits.put(a, limit(a)));
          open.add(new Open(ledger.reserve(limits, tokens), accounts, tokens));
        }
        assertTrue(fits, "a charge beyond a limit was accepted");
      } catch (LimitException e) {
        assertTrue(!fits, "a charge that fits was refused: " + e.getMessage());
        refused++;
      } catch (LedgerException e) {
        assertEquals(LedgerException.Reason.STORAGE, e.reason());
        failed++;
      }
    }

    void settle() {
      if (!open.isEmpty()) {
        Open ended = open.remove(random.nextInt(open.size()));
        long share = random.nextBoolean() ? ended.tokens : ended.tokens / 20;
        ended.real.settle(share);
        ended.accounts.forEach(a -> used.merge(a, share, Long::sum));
      }
    }

    void breakOrMendDisk() {
      FragileStore.Failure[] all = FragileStore.Failure.values();
      store.failure =
          random.nextInt(3) == 0 ? all[random.nextInt(all.length)] : FragileStore.Failure.NONE;
    }

    /** A process begins with what the store says; for a crash, with all that was lost. */
    void reopen() {
      background.clear();
      open.clear();
      used.clear();
      used.putAll(store.counts());
      store = new FragileStore(store.counts());
      writesAtFailure = -1;
      ledger = new TokenLedger(store, store.counts(), () -> now, background::add);
    }

    void close() {
      store.failure = FragileStore.Failure.NONE;
      if (random.nextBoolean()) {
        while (!open.isEmpty()) {
          settle();
        }
      }
      ledger.close();
      for (LedgerAccount account : current()) {
        assertEquals(used(account) + reserved(account), store.recorded(account), "after close");
      }
      reopen();
    }

    List<LedgerAccount> current() {
      return used.keySet().stream()
          .filter(a -> a.day().map(d -> !d.isBefore(ledger.today().minusDays(1))).orElse(true))
          .toList();
    }

    void check() {
      if (store.failure != FragileStore.Failure.NONE) {
        writesAtFailure = store.writes;
      }
      boolean bounded = background.isEmpty() && store.writes > writesAtFailure;
      for (LedgerAccount account : current()) {
        long held = used(account) + reserved(account);
        long recorded = store.recorded(account);
        assertTrue(recorded >= held, () -> account + ": " + recorded + " recorded, " + held);
        assertTrue(
            !bounded || recorded <= held + 2 * margin(limit(account)),
            () -> account + ": " + recorded + " recorded, " + held + ", too far ahead");
      }
    }

    void step() {
      int what = random.nextInt(100);
      if (what < 45) {
        charge();
      } else if (what < 85) {
        settle();
      } else if (what < 92) {
        breakOrMendDisk();
      } else if (what < 95) {
        now = now.plus(Duration.ofHours(random.nextInt(20)));
      } else if (what < 97) {
        close();
      } else if (what < 99) {
        crashes++;
        reopen();
      } else if (random.nextInt(10) == 0) {
        store = new FragileStore();
        reopen();
      }
      if (random.nextBoolean()) {
        while (!background.isEmpty()) {
          background.remove().run();
        }
      }
      check();
    }
  }

  @Test
  void whatIsRecordedIsNeverLessThanUsedNorFurtherAheadThanDocumented() {
    long seed = new Random().nextLong();
    System.out.println("TokenLedgerModelTest seed " + seed);
    History history = new History(seed);
    for (int i = 0; i < 60_000; i++) {
      try {
        history.step();
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", step " + i, e);
      }
    }
    assertTrue(history.refused > 100, history.refused + " refused");
    assertTrue(history.failed > 100, history.failed + " failed");
    assertTrue(history.crashes > 100, history.crashes + " crashes");
  }

  @Test
  void theSameHoldsOfARealFileThatIsCopiedWhereTheProcessEnds() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("TokenLedgerModelTest seed " + seed);
    Random random = new Random(seed);
    LedgerAccount account = LedgerAccount.ofAllTime("1", "");
    OptionalLong limit = LIMITS.get(2);
    long used = 0;
    Path file = Files.createDirectory(directory.resolve("0")).resolve("usage.json");
    List<TokenLedger> abandoned = new ArrayList<>();
    for (int life = 1; life <= 12; life++) {
      TokenLedger ledger = TokenLedger.open(file, "tensafe-usage/v1", Instant::now);
      assertEquals(used, ledger.used().getOrDefault(account, 0L), "seed " + seed);
      long under = 0;
      long highest = used;
      for (int i = random.nextInt(30); i >= 0; i--) {
        int tokens = random.nextInt(100_000);
        TokenReservation reservation = ledger.reserve(Map.of(account, limit), tokens);
        // what the background has not written yet is no more than what was held at once
        highest = Math.max(highest, used + under + tokens);
        if (random.nextInt(10) == 0) {
          under += tokens;
        } else {
          reservation.settle(tokens / 3);
          used += tokens / 3;
        }
      }
      boolean crash = random.nextBoolean();
      if (!crash) {
        ledger.close();
        used += under;
      }
      Path next = Files.createDirectory(directory.resolve("" + life)).resolve("usage.json");
      Files.copy(file, next);
      if (crash) {
        abandoned.add(ledger);
        long recorded = new ReadLedger(next).of(account);
        assertTrue(recorded >= used + under, "seed " + seed);
        assertTrue(recorded <= highest + 2 * margin(limit), "seed " + seed);
        used = recorded;
      }
      file = next;
    }
    abandoned.forEach(TokenLedger::close);
    TokenLedger busy = TokenLedger.open(file, "tensafe-usage/v1", Instant::now);
    Path same = file;
    assertEquals(
        "ledger.in_use",
        assertThrows(
                LedgerException.class,
                () -> TokenLedger.open(same, "tensafe-usage/v1", Instant::now))
            .code());
    busy.close();
  }

  /** Counts of a file, read by nothing of the code under test. */
  private record ReadLedger(Path file) {
    long of(LedgerAccount account) throws IOException {
      return new ObjectMapper()
          .readTree(file.toFile())
          .path("used")
          .path(account.day().map(Object::toString).orElse("all"))
          .path(account.subject())
          .path(account.holder())
          .longValue();
    }
  }
}
