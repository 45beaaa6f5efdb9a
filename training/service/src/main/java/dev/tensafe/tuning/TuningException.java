package dev.tensafe.tuning;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * A call of the training service that cannot be done. Codes: {@code tuning.*}. Messages never quote
 * training data.
 */
public final class TuningException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public TuningException(Kind kind, String code, String message) {
    this(kind, code, message, null);
  }

  public TuningException(Kind kind, String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
    this.kind = kind;
  }

  /** Who has to do what about it. */
  public enum Kind {
    /** The call is wrong. */
    INVALID,
    /** There is no such thing, or it belongs to somebody else. */
    NOT_FOUND,
    /** The call contradicts an earlier one. */
    CONFLICT,
    /** It was there; the caller should send the original call again. */
    GONE,
    /** A limit of the caller; later it may be free. */
    QUOTA,
    /** The service's own fault. */
    FAILED
  }

  public Kind kind() {
    return kind;
  }

  /** A call that is wrong. */
  public static TuningException invalid(String code, String message) {
    return new TuningException(Kind.INVALID, code, message);
  }
}
