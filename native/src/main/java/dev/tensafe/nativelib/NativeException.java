package dev.tensafe.nativelib;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** The native library cannot be used on this machine. Codes: {@code native.*}. */
public final class NativeException extends CodedException {
  private static final long serialVersionUID = 1L;

  public NativeException(String code, String message) {
    super(code, message);
  }

  public NativeException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
