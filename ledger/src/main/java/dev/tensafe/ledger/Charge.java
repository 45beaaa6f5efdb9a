package dev.tensafe.ledger;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/**
 * Tokens for one account.
 *
 * @param limit the most the account may ever use; empty for no limit
 * @param tokens at least 0
 */
public record Charge(LedgerAccount account, OptionalLong limit, long tokens) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException for a negative limit or count
   */
  public Charge {
    requireNonNull(account, "account is null");
    if (tokens < 0) {
      throw new IllegalArgumentException(tokens + " tokens: a charge has at least 0");
    }
    if (limit.orElse(0) < 0) {
      throw new IllegalArgumentException(
          "a limit of " + limit.getAsLong() + " tokens: it is at least 0");
    }
  }
}
