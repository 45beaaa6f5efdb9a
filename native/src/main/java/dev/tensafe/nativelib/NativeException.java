package dev.tensafe.nativelib;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * What the native library refuses; base of the exceptions of its parts. Its own codes are {@code
 * native.*}: the library cannot be used on this machine, or not with what was asked of all of it.
 */
public class NativeException extends CodedException {
  private static final long serialVersionUID = 1L;

  /** Reasons that native code reports, in the order of {@code ErrorCode} in base/errors.hpp. */
  enum Reason {
    /** An argument that the binding cannot pass on. */
    INVALID_ARGUMENT(0, "native.invalid_argument"),
    /** Kernels were asked for that do not exist or that this processor cannot run. */
    UNSUPPORTED_KERNELS(1, "native.unsupported_kernels"),
    /** An exception that nobody foresaw. */
    INTERNAL(2, "native.internal");

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

  public NativeException(String code, String message) {
    super(code, message);
  }

  public NativeException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }

  /** Called from native code. */
  @SuppressWarnings("unused")
  private NativeException(int id, String message) {
    this(Reason.of(id).code, message);
  }
}
