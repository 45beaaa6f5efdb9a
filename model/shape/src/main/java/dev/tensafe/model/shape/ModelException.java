package dev.tensafe.model.shape;

import dev.tensafe.formats.CodedException;
import org.jspecify.annotations.Nullable;

/**
 * A model that cannot be loaded or run as asked. Codes: {@code model.*}, {@code tokenizer.*},
 * {@code draft.*}.
 */
public final class ModelException extends CodedException {
  private static final long serialVersionUID = 1L;

  public ModelException(String code, String message) {
    super(code, message);
  }

  public ModelException(String code, String message, @Nullable Throwable cause) {
    super(code, message, cause);
  }
}
