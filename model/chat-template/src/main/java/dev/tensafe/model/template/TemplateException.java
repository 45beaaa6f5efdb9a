package dev.tensafe.model.template;

import dev.tensafe.formats.CodedException;

/**
 * A template that cannot be compiled or rendered. Codes: {@code template.syntax}, {@code
 * template.unsupported} (names the construct), {@code template.limit}, {@code template.error} (a
 * Python-level error while rendering), {@code template.raised} (the template's own
 * raise_exception).
 */
public final class TemplateException extends CodedException {
  private static final long serialVersionUID = 1L;

  TemplateException(String code, String message) {
    super(code, message);
  }

  static TemplateException syntax(int line, String message) {
    return new TemplateException("template.syntax", "line " + line + ": " + message);
  }

  static TemplateException unsupported(String construct) {
    return new TemplateException("template.unsupported", construct + " is not supported");
  }

  static TemplateException error(String message) {
    return new TemplateException("template.error", message);
  }
}
