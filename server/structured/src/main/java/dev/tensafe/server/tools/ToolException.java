package dev.tensafe.server.tools;

import dev.tensafe.formats.CodedException;

/**
 * A request that says something wrong of tools. {@link #field} is where, as errors of the API name
 * it ({@code tools[0].function.name}); {@link #code} is the API's: {@code invalid_type}, {@code
 * invalid_value}, {@code missing_required_parameter} or {@code unsupported_parameter}.
 */
public final class ToolException extends CodedException {
  private static final long serialVersionUID = 1L;

  private final String field;

  private ToolException(String field, String code, String message) {
    super(code, message);
    this.field = field;
  }

  static ToolException wrongType(String field, String wanted) {
    return new ToolException(field, "invalid_type", "'" + field + "' must be " + wanted);
  }

  static ToolException invalid(String field, String problem) {
    return new ToolException(field, "invalid_value", "'" + field + "' " + problem);
  }

  static ToolException missing(String field) {
    return new ToolException(field, "missing_required_parameter", "'" + field + "' is required");
  }

  static ToolException unsupported(String field, String problem) {
    return new ToolException(field, "unsupported_parameter", "'" + field + "' " + problem);
  }

  /** The field that is wrong. */
  public String field() {
    return field;
  }
}
