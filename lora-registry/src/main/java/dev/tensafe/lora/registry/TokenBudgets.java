package dev.tensafe.lora.registry;

import dev.tensafe.ledger.LedgerAccount;
import dev.tensafe.ledger.LedgerException;
import dev.tensafe.ledger.LimitException;
import dev.tensafe.ledger.TokenLedger;
import dev.tensafe.ledger.TokenReservation;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.tssp.manifest.Policy;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The budgets owners set, {@code max_tokens_total} and {@code max_tokens_per_tenant_per_day} (UTC)
 * of each package, as limits of a {@link TokenLedger} in {@code usage.json}. A request reserves the
 * most it can use before it is computed and settles what it did use. Thread-safe.
 */
final class TokenBudgets implements AutoCloseable {
  private static final String FORMAT = "tensafe-usage/v1";

  private final TokenLedger ledger;

  private TokenBudgets(TokenLedger ledger) {
    this.ledger = ledger;
  }

  /**
   * Opens the record in a registry's directory.
   *
   * @throws AdapterException {@code adapter.storage} if it cannot be understood, or is in use
   */
  static TokenBudgets open(Path directory, InstantSource clock) {
    try {
      return new TokenBudgets(TokenLedger.open(directory.resolve("usage.json"), FORMAT, clock));
    } catch (LedgerException e) {
      throw new AdapterException(Reason.STORAGE, e.description(), e);
    }
  }

  /**
   * Reserves tokens for a request; may write a file.
   *
   * @param tenant empty without API keys
   * @param tokens the most it can use
   * @throws AdapterException {@code adapter.budget_exhausted}, {@code adapter.storage}
   */
  TokenReservation reserve(AdapterInfo info, String tenant, long tokens) {
    try {
      return ledger.reserve(limits(info, tenant), tokens);
    } catch (LimitException e) {
      throw new AdapterException(
          Reason.BUDGET_EXHAUSTED,
          "the owner of '"
              + info.name()
              + "' allows "
              + e.limit()
              + " tokens; this request may need "
              + e.asked()
              + " and "
              + e.left()
              + " are left",
          e);
    } catch (LedgerException e) {
      throw new AdapterException(Reason.STORAGE, "the use of adapters cannot be recorded", e);
    }
  }

  /** Tokens used of adapters whose owners limit them, by digest, since each was registered. */
  Map<String, Long> used() {
    Map<String, Long> used = new TreeMap<>();
    ledger
        .used()
        .forEach(
            (account, tokens) -> {
              if (account.day().isEmpty()) {
                used.put(account.subject(), tokens);
              }
            });
    return used;
  }

  private Map<LedgerAccount, OptionalLong> limits(AdapterInfo info, String tenant) {
    Policy policy = info.manifest().policy();
    Map<LedgerAccount, OptionalLong> limits = new LinkedHashMap<>();
    OptionalLong total = policy.maxTokensTotal();
    if (total.isPresent()) {
      limits.put(LedgerAccount.ofAllTime(info.digest(), ""), total);
    }
    OptionalLong daily = policy.maxTokensPerTenantPerDay();
    if (daily.isPresent()) {
      limits.put(LedgerAccount.ofDay(ledger.today(), info.digest(), tenant), daily);
    }
    return limits;
  }

  /** Records what was used, no more; what is reserved still counts as used. */
  @Override
  public void close() {
    ledger.close();
  }
}
