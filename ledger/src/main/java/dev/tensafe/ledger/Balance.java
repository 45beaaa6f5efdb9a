package dev.tensafe.ledger;

import java.util.OptionalLong;

/**
 * The counts of one account, in tokens, in memory and in the file. Guarded by the lock of the
 * {@link TokenLedger} it belongs to.
 *
 * <p>Invariant outside of a charge that is being recorded: {@code used + reserved <= low <= high},
 * and what the file says lies between {@code low} and {@code high}. The two differ only while the
 * file is written, or after that failed.
 */
final class Balance {
  private static final long MARGIN_WITHOUT_LIMIT = 4096;
  private static final long MAX_MARGIN = 65_536;

  private long most = LedgerFile.MAX_TOKENS;
  private long margin;
  private long used;
  private long reserved;
  private long low;
  private long high;

  /** Of an account the file says nothing about. */
  Balance() {}

  /** Of an account as it was read from the file. */
  Balance(long recorded) {
    used = recorded;
    low = recorded;
    high = recorded;
  }

  /** How far a write of the file is ahead. */
  static long margin(OptionalLong limit) {
    return limit.isPresent() ? Math.min(limit.getAsLong() / 100, MAX_MARGIN) : MARGIN_WITHOUT_LIMIT;
  }

  long used() {
    return used;
  }

  boolean isInUse() {
    return reserved > 0;
  }

  /** The most an account may use. */
  static long most(OptionalLong limit) {
    return Math.min(limit.orElse(LedgerFile.MAX_TOKENS), LedgerFile.MAX_TOKENS);
  }

  /** What is left of a limit; negative when it was lowered below what is used. */
  long left(OptionalLong limit) {
    return most(limit) - used - reserved;
  }

  void reserve(long tokens, OptionalLong limit) {
    most = most(limit);
    margin = margin(limit);
    reserved += tokens;
  }

  void settle(long tokens, long spent) {
    reserved -= tokens;
    used += spent;
  }

  /** Whether the file counts all that is used or reserved. */
  boolean isCovered() {
    return used + reserved <= low;
  }

  /** Whether the file may say more than a crash may cost. */
  boolean isTooHigh() {
    return high > used + reserved + 2 * margin;
  }

  /** Whether the file says what is used or reserved, no more. */
  boolean isExact() {
    return low == high && high == used + reserved;
  }

  /**
   * Begins a write of the file.
   *
   * @param ahead whether the margin is added
   * @return what is to be written
   */
  long beginRecord(boolean ahead) {
    long held = used + reserved;
    long target = ahead ? Math.max(held, Math.min(held + margin, most)) : held;
    low = Math.min(low, target);
    high = Math.max(high, target);
    return target;
  }

  /** Ends a write of the file that succeeded. */
  void endRecord(long recorded) {
    low = recorded;
    high = recorded;
  }
}
