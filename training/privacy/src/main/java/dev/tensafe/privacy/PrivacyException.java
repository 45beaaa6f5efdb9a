package dev.tensafe.privacy;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * Privacy that cannot be computed, promised or recorded as asked; nothing was changed. Codes:
 * {@code privacy.*}. Messages hold numbers and names of data sets, never data.
 */
public final class PrivacyException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  PrivacyException(Reason reason, String message) {
    this(reason, message, null);
  }

  PrivacyException(Reason reason, String message, @Nullable Throwable cause) {
    super(reason.code, message, cause);
    this.reason = reason;
  }

  /** What kind it is of; as fine as the code. */
  public Reason reason() {
    return reason;
  }

  /** Why; the codes are stable. */
  public enum Reason {
    /** A number or a name is out of range. */
    INVALID("privacy.invalid"),
    /** The step would spend more of a data set's budget than there is. */
    EXHAUSTED("privacy.budget_exhausted"),
    /** Another process, or another part of this one, has the ledger open. */
    IN_USE("privacy.ledger_in_use"),
    /** The ledger's files are damaged; they are not taken for empty ones. */
    MALFORMED("privacy.ledger_malformed"),
    /** The ledger's files cannot be read or written. */
    STORAGE("privacy.ledger_storage"),
    /** The ledger is older than something that refers to it: a copy was put back. */
    STALE("privacy.ledger_stale"),
    /** The ledger was closed before. */
    CLOSED("privacy.ledger_closed");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  static PrivacyException invalid(String message) {
    return new PrivacyException(Reason.INVALID, message);
  }
}
