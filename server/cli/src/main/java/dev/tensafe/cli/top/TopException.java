package dev.tensafe.cli.top;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A status that cannot be had. Codes: {@code top.*}. */
final class TopException extends CodedException {
  private static final long serialVersionUID = 1L;

  TopException(String code, String message) {
    super(code, message);
  }

  TopException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
