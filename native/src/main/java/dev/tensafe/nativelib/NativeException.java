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
    INVALID_ARGUMENT("native.invalid_argument"),
    /** Kernels were asked for that do not exist or that this processor cannot run. */
    UNSUPPORTED_KERNELS("native.unsupported_kernels"),
    /** An exception that nobody foresaw. */
    INTERNAL("native.internal");

    private final String code;

    Reason(String code) {
      this.code = code;
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
  private NativeException(int number, String message) {
    this(reason(Reason.values(), number).code, message);
  }

  /**
   * The reason that native code means by a number.
   *
   * @param reasons all, in the order of the native {@code ErrorCode}
   */
  protected static <R> R reason(R[] reasons, int number) {
    if (number < 0 || number >= reasons.length) {
      throw new IllegalArgumentException("no reason has the number " + number);
    }
    return reasons[number];
  }
}
