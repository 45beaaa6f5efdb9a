package dev.tensafe.nativelib.lora;

import dev.tensafe.nativelib.NativeException;

/** What the low-rank part of the native library refuses. Messages hold no weights. */
public final class LowRankException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in lora/errors.hpp. */
  public enum Reason {
    /** Shapes, slots or element types that do not fit together. */
    INVALID_ARGUMENT(0, "low_rank.invalid_argument");

    // the native side's number
    private final int id;
    private final String code;

    Reason(int id, String code) {
      this.id = id;
      this.code = code;
    }

    private static Reason of(int id) {
      for (Reason reason : values()) {
        if (reason.id == id) {
          return reason;
        }
      }
      throw new IllegalArgumentException("no reason has the number " + id);
    }
  }

  private final Reason reason;

  /** Called from native code. */
  @SuppressWarnings("unused")
  private LowRankException(int id, String message) {
    super(Reason.of(id).code, message);
    reason = Reason.of(id);
  }

  public Reason reason() {
    return reason;
  }
}
