package dev.tensafe.cli.chat;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/** A conversation that cannot begin or go on. Codes: {@code chat.*}. Never quotes the talk. */
final class ChatException extends CodedException {
  private static final long serialVersionUID = 1L;

  ChatException(String code, String message) {
    super(code, message);
  }

  ChatException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
