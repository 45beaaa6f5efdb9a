package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeException;

/** What the CKKS library refuses. Messages hold no key material and no plaintext. */
public final class CkksException extends NativeException {
  private static final long serialVersionUID = 1L;

  /** Reasons, in the order of {@code ErrorCode} in ckks/errors.hpp. */
  public enum Reason {
    /** Ring, modulus or packing outside what is allowed. */
    INVALID_PARAMETERS(0, "ckks.invalid_parameters"),
    /** Shapes or values that do not fit together. */
    INVALID_ARGUMENT(1, "ckks.invalid_argument"),
    /** Bytes that are not a message of this library. */
    MALFORMED_MESSAGE(2, "ckks.malformed_message"),
    /** An operating system service is missing. */
    UNSUPPORTED_PLATFORM(3, "ckks.unsupported_platform"),
    /** An input number is NaN or infinite. */
    NOT_FINITE(4, "ckks.not_finite");

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

  public CkksException(Reason reason, String message) {
    super(reason.code, message);
    this.reason = reason;
  }

  /** Called from native code. */
  @SuppressWarnings("unused")
  private CkksException(int reason, String message) {
    this(Reason.of(reason), message);
  }

  public Reason reason() {
    return reason;
  }
}
