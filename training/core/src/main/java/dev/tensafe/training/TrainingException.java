package dev.tensafe.training;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * A training run that cannot begin or go on as asked. Codes: {@code train.*}, {@code data.*},
 * {@code eval.*}, {@code demo.*}. Messages never quote training text.
 */
public final class TrainingException extends CodedException {
  private static final long serialVersionUID = 1L;

  public TrainingException(String code, String message) {
    super(code, message);
  }

  public TrainingException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
