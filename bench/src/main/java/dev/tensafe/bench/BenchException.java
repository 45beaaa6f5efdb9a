package dev.tensafe.bench;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A measurement that cannot be made. Codes: {@code bench.*}. */
public final class BenchException extends CodedException {
  private static final long serialVersionUID = 1L;

  public BenchException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
