package dev.tensafe.batching;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A request the engine refused or could not finish. Codes: {@code engine.*}. */
public final class EngineException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public EngineException(Kind kind, String code, String message) {
    this(kind, code, message, null);
  }

  public EngineException(Kind kind, String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** What the caller can do about it. */
  public enum Kind {
    /** The queue is full: try again later. */
    OVERLOADED,
    /** The request is wrong in itself. */
    INVALID,
    /** The request can never fit. */
    TOO_LARGE,
    /** The engine is stopping. */
    STOPPING,
    /** The request ran out of time. */
    TIMEOUT,
    /** Something broke while it ran. */
    FAILED
  }
}
