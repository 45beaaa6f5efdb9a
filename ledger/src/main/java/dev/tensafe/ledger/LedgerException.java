package dev.tensafe.ledger;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A ledger that cannot be used, or that refuses a charge. Codes: {@code ledger.*}. */
public class LedgerException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  LedgerException(Reason reason, String message) {
    this(reason, message, null);
  }

  LedgerException(Reason reason, String message, @Nullable Throwable cause) {
    super(reason.code, message, cause);
    this.reason = reason;
  }

  public final Reason reason() {
    return reason;
  }

  /** Why; the codes are stable. */
  public enum Reason {
    /** Another process, or another part of this one, has the file open. */
    IN_USE("ledger.in_use"),
    /** The file is not a ledger's; it is not taken for an empty one. */
    MALFORMED("ledger.malformed"),
    /** The file cannot be read or written. */
    STORAGE("ledger.storage"),
    /** A limit leaves fewer tokens than the charge asks for. */
    LIMIT("ledger.limit"),
    /** The ledger was closed before. */
    CLOSED("ledger.closed");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }
}
