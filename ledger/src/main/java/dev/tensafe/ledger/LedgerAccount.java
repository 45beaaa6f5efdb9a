package dev.tensafe.ledger;

import static java.util.Objects.requireNonNull;

import java.time.LocalDate;
import java.util.Comparator;
import java.util.Optional;

/**
 * What is counted together.
 *
 * @param day the day (UTC) whose use is counted; empty for the use of all time
 * @param subject what is used, such as the digest of an adapter
 * @param holder who uses it; the empty string for all users together
 */
public record LedgerAccount(Optional<LocalDate> day, String subject, String holder)
    implements Comparable<LedgerAccount> {
  /** Accounts of all time come first, then one day after the other. */
  private static final Comparator<LedgerAccount> ORDER =
      Comparator.comparing((LedgerAccount a) -> a.day.orElse(LocalDate.MIN))
          .thenComparing(LedgerAccount::subject)
          .thenComparing(LedgerAccount::holder);

  public LedgerAccount {
    requireNonNull(day, "day is null");
    requireNonNull(subject, "subject is null");
    requireNonNull(holder, "holder is null");
  }

  /** The account of all time. */
  public static LedgerAccount ofAllTime(String subject, String holder) {
    return new LedgerAccount(Optional.empty(), subject, holder);
  }

  /** The account of one day. */
  public static LedgerAccount ofDay(LocalDate day, String subject, String holder) {
    return new LedgerAccount(Optional.of(day), subject, holder);
  }

  @Override
  public int compareTo(LedgerAccount other) {
    return ORDER.compare(this, other);
  }
}
