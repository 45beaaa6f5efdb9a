package dev.tensafe.formats;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Base of every error TenSafe reports on purpose. The {@link #code()} is stable and meant for
 * programs (`area.reason`); the message is meant for people and says what was wrong, with the
 * value, and what would be right. Neither ever holds weights, keys or prompt text.
 */
public class CodedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  public CodedException(String code, String message) {
    this(code, message, null);
  }

  public CodedException(String code, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.code = requireNonNull(code, "code is null");
  }

  public final String code() {
    return code;
  }

  /** The message; never null, unlike {@link Throwable#getMessage()}. */
  public final String description() {
    String message = getMessage();
    return message == null ? code : message;
  }
}
