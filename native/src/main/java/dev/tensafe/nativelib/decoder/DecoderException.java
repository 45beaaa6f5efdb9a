package dev.tensafe.nativelib.decoder;

import dev.tensafe.nativelib.NativeException;

/** What the decoder refuses. Messages hold neither weights nor tokens. */
public final class DecoderException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in decoder/errors.hpp. */
  public enum Reason {
    /** A shape, tensor or size that does not fit. */
    INVALID_ARGUMENT("decoder.invalid_argument"),
    /** A step's description that points outside of what it may use. */
    INVALID_STEP("decoder.invalid_step"),
    /** Weights or cache are missing. */
    INCOMPLETE("decoder.incomplete"),
    /** The system has no room for weights, cache or a step. */
    NO_MEMORY("decoder.no_memory");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  private final Reason reason;

  /** Called from native code. */
  @SuppressWarnings("unused")
  private DecoderException(int number, String message) {
    this(reason(Reason.values(), number), message);
  }

  private DecoderException(Reason reason, String message) {
    super(reason.code, message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
