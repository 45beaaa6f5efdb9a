package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeException;

/** What the CKKS library refuses. Messages hold no key material and no plaintext. */
public final class CkksException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in ckks/errors.hpp. */
  public enum Reason {
    /** Ring, modulus or packing outside what is allowed. */
    INVALID_PARAMETERS("ckks.invalid_parameters"),
    /** Shapes or values that do not fit together. */
    INVALID_ARGUMENT("ckks.invalid_argument"),
    /** Bytes that are not a message of this library. */
    MALFORMED_MESSAGE("ckks.malformed_message"),
    /** An operating system service is missing. */
    UNSUPPORTED_PLATFORM("ckks.unsupported_platform"),
    /** An input number is NaN or infinite. */
    NOT_FINITE("ckks.not_finite");

    private final String code;

    Reason(String code) {
      this.code = code;
    }
  }

  private final Reason reason;

  public CkksException(Reason reason, String message) {
    super(reason.code, message);
    this.reason = reason;
  }

  /** Called from native code. */
  @SuppressWarnings("unused")
  private CkksException(int number, String message) {
    this(reason(Reason.values(), number), message);
  }

  public Reason reason() {
    return reason;
  }
}
