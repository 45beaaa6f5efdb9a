package dev.tensafe.he.host;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.GroupId;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
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
   * @param client as {@link dev.tensafe.he.transport.FrameChannel#peer} names it
   */
  public record Usage(String digest, String client, long tokens) {}

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
   * Counts tokens that are about to be evaluated; what is counted is on disk when this returns.
   *
   * @return empty, or why they may not be evaluated: then nothing is counted
   */
  synchronized Optional<Refusal> spend(
      SealedPart adapter, String client, GroupId group, int tokens) {
    LocalDate today = ledger.today();
    Map<LedgerAccount, OptionalLong> limits = limits(adapter, client, today);
    List<Charge> charges = new ArrayList<>();
    for (Map.Entry<LedgerAccount, OptionalLong> e : limits.entrySet()) {
      long growth = counts.getOrDefault(e.getKey(), new GroupCounts()).growth(group, tokens);
      charges.add(new Charge(e.getKey(), e.getValue(), growth));
    }
    try {
      ledger.spend(charges);
    } catch (LimitException e) {
      return Optional.of(Refusal.BUDGET_EXHAUSTED);
    } catch (LedgerException e) {
      LOG.error("the use of adapters cannot be recorded", e);
      return Optional.of(Refusal.STORAGE);
    }
    counts.keySet().removeIf(a -> a.day().map(day -> day.isBefore(today)).orElse(false));
    for (LedgerAccount account : limits.keySet()) {
      counts.computeIfAbsent(account, a -> new GroupCounts()).add(group, tokens);
    }
    return Optional.empty();
  }

  private Map<LedgerAccount, OptionalLong> limits(
      SealedPart adapter, String client, LocalDate today) {
    String digest = adapter.digest();
    Map<LedgerAccount, OptionalLong> limits = new LinkedHashMap<>();
    limits.put(
        LedgerAccount.ofAllTime(digest, ""),
        limited ? adapter.manifest().policy().maxTokensTotal() : OptionalLong.empty());
    limits.put(LedgerAccount.ofAllTime(digest, client), OptionalLong.empty());
    if (clientTokensPerDay.isPresent()) {
      limits.put(LedgerAccount.ofDay(today, digest, client), clientTokensPerDay);
    }
    return limits;
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
