package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.ledger.Charge;
import dev.tensafe.ledger.LedgerAccount;
import dev.tensafe.ledger.LedgerException;
import dev.tensafe.ledger.LimitException;
import dev.tensafe.ledger.TokenLedger;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the tokens that adapters are evaluated for, by client and day, in a {@link TokenLedger},
 * and refuses what goes beyond a budget. A token passes every group of an adapter once: an account
 * is charged by how much the largest count of any group grows. Thread-safe.
 */
public final class TokenMeter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenMeter.class);
  private static final String FORMAT = "tensafe-he-usage/v1";

  private final TokenLedger ledger;
  private final boolean limited;
  private final OptionalLong clientTokensPerDay;

  /** Of the accounts that this process has charged. */
  @GuardedBy("this")
  private final Map<LedgerAccount, GroupCounts> counts = new HashMap<>();

  /**
   * Tokens of one client with one adapter.
   *
   * @param client its account
   */
  public record Usage(String digest, String client, long tokens) {}

  /**
   * One client's use of one adapter, as a session keeps it at hand. Guarded by the meter.
   *
   * @see #use
   */
  final class Use {
    private final SealedPart adapter;
    private final String client;
    private final LedgerAccount own;
    private LocalDate day;
    private List<Counted> accounts;

    private Use(SealedPart adapter, String client) {
      this.adapter = adapter;
      this.client = client;
      this.own = LedgerAccount.ofAllTime(adapter.digest(), client);
      this.day = ledger.today();
      this.accounts = accounts(this, day);
    }
  }

  /** What is charged of an account, and from where on it is refused. */
  private record Counted(LedgerAccount account, OptionalLong limit, GroupCounts counts) {}

  private TokenMeter(TokenLedger ledger, boolean limited, OptionalLong clientTokensPerDay) {
    this.ledger = ledger;
    this.limited = limited;
    this.clientTokensPerDay = clientTokensPerDay;
  }

  /** Counts in memory and refuses nothing: for a host whose process meters elsewhere. */
  public static TokenMeter embedded(InstantSource clock) {
    return new TokenMeter(TokenLedger.inMemory(clock), false, OptionalLong.empty());
  }

  /**
   * Opens the record; one process at a time has it.
   *
   * @param clientTokensPerDay what one client may use of one adapter in a day (UTC)
   * @throws HeException {@code he.storage} if it cannot be understood, or another process has it
   */
  public static TokenMeter open(Path file, InstantSource clock, OptionalLong clientTokensPerDay) {
    try {
      return new TokenMeter(TokenLedger.open(file, FORMAT, clock), true, clientTokensPerDay);
    } catch (LedgerException e) {
      throw new HeException(Reason.STORAGE, e.description(), e);
    }
  }

  /**
   * The use of an adapter by a client.
   *
   * @param client its account
   */
  synchronized Use use(SealedPart adapter, String client) {
    return new Use(adapter, client);
  }

  /**
   * Counts tokens that are about to be evaluated; what is counted is on disk when this returns.
   *
   * @param group its number in the adapter
   * @return null, or why they may not be evaluated: then nothing is counted
   */
  synchronized @Nullable Refusal spend(Use use, int group, int tokens) {
    refresh(use);
    boolean grows = false;
    for (int i = 0; i < use.accounts.size(); i++) {
      grows |= use.accounts.get(i).counts().growth(group, tokens) > 0;
    }
    Refusal refusal = grows ? charge(use, counted -> counted.counts().growth(group, tokens)) : null;
    if (refusal == null) {
      for (int i = 0; i < use.accounts.size(); i++) {
        use.accounts.get(i).counts().add(group, tokens);
      }
    }
    return refusal;
  }

  /**
   * As {@link #spend(Use, int, int)}, for all groups at once.
   *
   * @param tokens of each group, as the adapter has them
   */
  synchronized @Nullable Refusal spend(Use use, long[] tokens) {
    refresh(use);
    Refusal refusal =
        charge(
            use,
            counted -> {
              long most = 0;
              for (int g = 0; g < tokens.length; g++) {
                most = Math.max(most, counted.counts().growth(g, tokens[g]));
              }
              return most;
            });
    if (refusal == null) {
      for (Counted counted : use.accounts) {
        for (int g = 0; g < tokens.length; g++) {
          counted.counts().add(g, tokens[g]);
        }
      }
    }
    return refusal;
  }

  /** The tokens that this process has counted for a client. */
  synchronized long metered(Use use) {
    return counts.computeIfAbsent(use.own, a -> new GroupCounts()).largest();
  }

  @GuardedBy("this")
  private @Nullable Refusal charge(Use use, ToLongFunction<Counted> growth) {
    List<Charge> charges = new ArrayList<>();
    for (Counted counted : use.accounts) {
      charges.add(new Charge(counted.account(), counted.limit(), growth.applyAsLong(counted)));
    }
    try {
      ledger.spend(charges);
      return null;
    } catch (LimitException e) {
      return Refusal.BUDGET_EXHAUSTED;
    } catch (LedgerException e) {
      LOG.error("the use of adapters cannot be recorded", e);
      return Refusal.STORAGE;
    }
  }

  /** Goes on to another day's account. */
  @GuardedBy("this")
  private void refresh(Use use) {
    if (clientTokensPerDay.isEmpty()) {
      return;
    }
    LocalDate today = ledger.today();
    if (!today.equals(use.day)) {
      counts.keySet().removeIf(a -> a.day().map(day -> day.isBefore(today)).orElse(false));
      use.day = today;
      use.accounts = accounts(use, today);
    }
  }

  @GuardedBy("this")
  private List<Counted> accounts(Use use, LocalDate today) {
    String digest = use.adapter.digest();
    List<Counted> accounts = new ArrayList<>();
    accounts.add(
        counted(
            LedgerAccount.ofAllTime(digest, ""),
            limited ? use.adapter.manifest().policy().maxTokensTotal() : OptionalLong.empty()));
    accounts.add(counted(use.own, OptionalLong.empty()));
    if (clientTokensPerDay.isPresent()) {
      accounts.add(counted(LedgerAccount.ofDay(today, digest, use.client), clientTokensPerDay));
    }
    return accounts;
  }

  @GuardedBy("this")
  private Counted counted(LedgerAccount account, OptionalLong limit) {
    return new Counted(account, limit, counts.computeIfAbsent(account, a -> new GroupCounts()));
  }

  /** The tokens that every client has used since the record began. */
  public List<Usage> usage() {
    List<Usage> out = new ArrayList<>();
    ledger
        .used()
        .forEach(
            (account, tokens) -> {
              if (account.day().isEmpty() && !account.holder().isEmpty()) {
                out.add(new Usage(account.subject(), account.holder(), tokens));
              }
            });
    return out;
  }

  /** Records what was used, no more, and lets another process have the file. */
  @Override
  public void close() {
    ledger.close();
  }
}
