package dev.tensafe.nativelib.lora;

import dev.tensafe.nativelib.NativeException;

/** What the low-rank part of the native library refuses. Messages hold no weights. */
public final class LowRankException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in lora/errors.hpp. */
  public enum Reason {
    /** Shapes, slots or element types that do not fit together. */
    INVALID_ARGUMENT("low_rank.invalid_argument");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  private final Reason reason;

  /** Called from native code. */
  @SuppressWarnings("unused")
  private LowRankException(int number, String message) {
    this(reason(Reason.values(), number), message);
  }

  private LowRankException(Reason reason, String message) {
    super(reason.code, message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
