package dev.tensafe.nativelib.decoder;

import dev.tensafe.nativelib.NativeException;

/** What the decoder refuses. Messages hold neither weights nor tokens. */
public final class DecoderException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in decoder/errors.hpp. */
  public enum Reason {
    /** A shape, tensor or size that does not fit. */
    INVALID_ARGUMENT(0, "decoder.invalid_argument"),
    /** A step's description that points outside of what it may use. */
    INVALID_STEP(1, "decoder.invalid_step"),
    /** Weights or cache are missing. */
    INCOMPLETE(2, "decoder.incomplete"),
    /** The system has no room for weights, cache or a step. */
    NO_MEMORY(3, "decoder.no_memory");

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
  private DecoderException(int id, String message) {
    super(Reason.of(id).code, message);
    reason = Reason.of(id);
  }

  public Reason reason() {
    return reason;
  }
}
