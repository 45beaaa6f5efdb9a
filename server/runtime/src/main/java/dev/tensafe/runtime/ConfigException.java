package dev.tensafe.runtime;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A setting that cannot be used. Codes: {@code config.*}. */
public final class ConfigException extends CodedException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String code, String message) {
    super(code, message);
  }

  public ConfigException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
