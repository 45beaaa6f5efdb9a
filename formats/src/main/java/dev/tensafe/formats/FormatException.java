package dev.tensafe.formats;

import org.jspecify.annotations.Nullable;

/**
 * A file that is not what its format says it must be. Codes: {@code safetensors.*}, {@code
 * checkpoint.*}.
 */
public final class FormatException extends CodedException {
  private static final long serialVersionUID = 1L;

  public FormatException(String code, String message) {
    super(code, message);
  }

  public FormatException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
