package dev.tensafe.ledger;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.ledger.LedgerException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Durable counts of used tokens, by {@link LedgerAccount}, with limits. A use is either {@link
 * #reserve reserved} before and settled after, or {@link #spend spent} at once.
 *
 * <p>The file is written ahead: when a charge is accepted, the file counts it already. So that few
 * charges write, each write adds a margin. The file follows downwards too, in the background: when
 * a settlement leaves it more than two margins ahead, it is written anew. For every account:
 *
 * <pre>
 * always:                         used + reserved &lt;= recorded
 * after the background's write:   recorded &lt;= used + reserved + 2 * margin
 * after close:                    recorded == used + reserved
 * margin = min(limit / 100, 65536), or 4096 for an account without a limit
 * </pre>
 *
 * A process that finds the file after a crash takes {@code recorded} for used. A crash so costs
 * users at most {@code reserved + 2 * margin} tokens of an account, where {@code reserved} is what
 * was under way when it came, and owners none. An account that was only spent from is at most one
 * margin ahead.
 *
 * <p>One process at a time has a file. Days are dropped from it one day after they ended, so that a
 * charge that was begun at midnight still meets its account.
 *
 * <p>Thread-safe. Two locks: {@code writing} is held during a write, {@code state} only for
 * arithmetic, and is taken second. A settlement takes only {@code state}: it never waits for the
 * disk.
 */
public final class TokenLedger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenLedger.class);
  private static final long IDLE_SECONDS = 5;

  private final LedgerStore store;
  private final InstantSource clock;
  private final Executor background;
  private final Object writing = new Object();
  private final Object state = new Object();

  @GuardedBy("state")
  private final Map<LedgerAccount, Balance> balances = new TreeMap<>();

  @GuardedBy("state")
  private boolean trimming;

  @GuardedBy("state")
  private boolean closed;

  private record Held(Balance balance, long tokens) {}

  /**
   * Makes a ledger over a store.
   *
   * @param counts what the store holds
   * @param background runs writes that nobody waits for
   */
  TokenLedger(
      LedgerStore store,
      Map<LedgerAccount, Long> counts,
      InstantSource clock,
      Executor background) {
    this.store = store;
    this.clock = clock;
    this.background = background;
    for (Map.Entry<LedgerAccount, Long> e : counts.entrySet()) {
      balances.put(e.getKey(), new Balance(e.getValue()));
    }
  }

  /**
   * Opens a ledger's file, which need not exist yet; its directory must.
   *
   * @param format what the file says it is, such as {@code tensafe-usage/v1}
   * @throws LedgerException {@code ledger.in_use}, {@code ledger.malformed}, {@code ledger.storage}
   */
  public static TokenLedger open(Path file, String format, InstantSource clock) {
    requireNonNull(format, "format is null");
    requireNonNull(clock, "clock is null");
    LedgerFile store = LedgerFile.open(requireNonNull(file, "file is null"), format);
    try {
      return new TokenLedger(store, store.read(), clock, backgroundThread());
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  /** A ledger that forgets everything with its process. */
  public static TokenLedger inMemory(InstantSource clock) {
    requireNonNull(clock, "clock is null");
    return new TokenLedger(LedgerStore.NONE, Map.of(), clock, Runnable::run);
  }

  /** One thread, there only while there is something to do. */
  private static Executor backgroundThread() {
    return new ThreadPoolExecutor(
        0,
        1,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task -> {
          Thread thread = new Thread(task, "token-ledger");
          thread.setDaemon(true);
          return thread;
        });
  }

  /** The day (UTC) by this ledger's clock. */
  public LocalDate today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
  }

  /**
   * Holds tokens of several accounts, of all or of none; they are recorded when this returns. May
   * write the file.
   *
   * @param limits the most that each account may ever use; empty for no limit
   * @param tokens the most the request can use, of each account
   * @throws LimitException if that is not left of an account
   * @throws LedgerException {@code ledger.storage} if it cannot be recorded, {@code ledger.closed};
   *     nothing is counted then
   */
  public TokenReservation reserve(Map<LedgerAccount, OptionalLong> limits, long tokens) {
    List<Charge> charges = new ArrayList<>();
    limits.forEach((account, limit) -> charges.add(new Charge(account, limit, tokens)));
    List<Held> held = hold(charges);
    return new TokenReservation(tokens, used -> settle(held, used));
  }

  /**
   * Counts tokens that are about to be used, of all accounts or of none; they are recorded when
   * this returns. May write the file.
   *
   * @param charges to different accounts
   * @throws LimitException if a charge is not left of its account
   * @throws LedgerException {@code ledger.storage} if it cannot be recorded, {@code ledger.closed};
   *     nothing is counted then
   */
  public void spend(List<Charge> charges) {
    settle(hold(charges), Long.MAX_VALUE);
  }

  /** What was used and settled, by account, without what is reserved. */
  public Map<LedgerAccount, Long> used() {
    Map<LedgerAccount, Long> used = new TreeMap<>();
    synchronized (state) {
      for (Map.Entry<LedgerAccount, Balance> e : balances.entrySet()) {
        used.put(e.getKey(), e.getValue().used());
      }
    }
    return used;
  }

  private List<Held> hold(List<Charge> charges) {
    requireDistinct(charges);
    List<Held> held = new ArrayList<>();
    synchronized (state) {
      requireOpen();
      for (Charge charge : charges) {
        requireWithinLimit(charge);
      }
      for (Charge charge : charges) {
        Balance balance = balances.computeIfAbsent(charge.account(), a -> new Balance());
        balance.reserve(charge.tokens(), charge.limit());
        held.add(new Held(balance, charge.tokens()));
      }
    }
    boolean recorded = false;
    try {
      cover(held);
      recorded = true;
    } finally {
      if (!recorded) {
        settle(held, 0);
      }
    }
    return held;
  }

  private static void requireDistinct(List<Charge> charges) {
    if (charges.stream().map(Charge::account).distinct().count() < charges.size()) {
      throw new IllegalArgumentException("two charges to one account");
    }
  }

  @GuardedBy("state")
  private void requireOpen() {
    if (closed) {
      throw new LedgerException(Reason.CLOSED, "the record of used tokens is closed");
    }
  }

  @GuardedBy("state")
  private void requireWithinLimit(Charge charge) {
    Balance balance = balances.getOrDefault(charge.account(), new Balance());
    long left = balance.left(charge.limit());
    if (charge.tokens() > left) {
      throw new LimitException(Balance.most(charge.limit()), charge.tokens(), Math.max(0, left));
    }
  }

  /** Has the file count what is held. One write may do that for many who wait for it. */
  private void cover(List<Held> held) {
    if (isCovered(held)) {
      return;
    }
    synchronized (writing) {
      if (!isCovered(held)) {
        synchronized (state) {
          requireOpen();
        }
        write(true);
      }
    }
  }

  private boolean isCovered(List<Held> held) {
    synchronized (state) {
      return held.stream().allMatch(h -> h.balance().isCovered());
    }
  }

  /**
   * Writes the file.
   *
   * @param ahead whether the margins are added
   */
  @GuardedBy("writing")
  private void write(boolean ahead) {
    Map<LedgerAccount, Long> counts = new TreeMap<>();
    synchronized (state) {
      LocalDate yesterday = today().minusDays(1);
      balances.entrySet().removeIf(e -> isOver(e.getKey(), yesterday) && !e.getValue().isInUse());
      for (Map.Entry<LedgerAccount, Balance> e : balances.entrySet()) {
        counts.put(e.getKey(), e.getValue().beginRecord(ahead));
      }
    }
    try {
      store.write(counts);
    } catch (IOException | RuntimeException e) {
      throw new LedgerException(
          Reason.STORAGE, "the use of tokens cannot be recorded: " + e.getMessage(), e);
    }
    synchronized (state) {
      for (Map.Entry<LedgerAccount, Balance> e : balances.entrySet()) {
        Long recorded = counts.get(e.getKey());
        if (recorded != null) {
          e.getValue().endRecord(recorded);
        }
      }
    }
  }

  private static boolean isOver(LedgerAccount account, LocalDate yesterday) {
    return account.day().map(day -> day.isBefore(yesterday)).orElse(false);
  }

  private void settle(List<Held> held, long used) {
    boolean trim = false;
    synchronized (state) {
      for (Held h : held) {
        h.balance().settle(h.tokens(), Math.min(h.tokens(), used));
        trim |= h.balance().isTooHigh();
      }
      trim &= !trimming && !closed;
      trimming |= trim;
    }
    if (trim) {
      background.execute(this::trim);
    }
  }

  private void trim() {
    synchronized (writing) {
      synchronized (state) {
        trimming = false;
        if (closed || balances.values().stream().noneMatch(Balance::isTooHigh)) {
          return;
        }
      }
      try {
        write(true);
      } catch (LedgerException e) {
        LOG.warn("more is recorded than a crash should cost, until a write succeeds", e);
      }
    }
  }

  /**
   * Records what was used, no more, and lets another process have the file; a second time does
   * nothing. What is reserved still counts as used. If the file cannot be written, it says more
   * than was used; that is logged.
   */
  @Override
  public void close() {
    synchronized (writing) {
      boolean exact;
      synchronized (state) {
        if (closed) {
          return;
        }
        closed = true;
        exact = balances.values().stream().allMatch(Balance::isExact);
        if (balances.values().stream().anyMatch(Balance::isInUse)) {
          LOG.warn("tokens are reserved still: they are recorded as used");
        }
      }
      try {
        if (!exact) {
          write(false);
        }
      } catch (LedgerException e) {
        LOG.warn("more is recorded than was used", e);
      } finally {
        store.close();
      }
    }
  }
}
