package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Quoted;
import org.jspecify.annotations.Nullable;

/**
 * A function that a model may call.
 *
 * @param name 1 to 64 letters, digits, underscores and hyphens
 * @param description what it does; null where the request does not say
 * @param parameters JSON Schema of its arguments, as the request has it; an object without
 *     properties where it has none. Not to be changed
 * @param strict what the request says; null where it says nothing. Arguments are held to the schema
 *     in any case
 */
public record Tool(
    String name, @Nullable String description, JsonNode parameters, @Nullable Boolean strict) {
  /** Characters of the longest name. */
  public static final int LONGEST_NAME = 64;

  /**
   * Checks a tool.
   *
   * @param name null where the request has none
   * @param parameters null or JSON's null where the request has none
   * @param where the field that holds it, for errors
   * @throws ToolException a name that is none, a schema of something else than an object
   */
  public static Tool of(
      @Nullable String name,
      @Nullable String description,
      @Nullable JsonNode parameters,
      @Nullable Boolean strict,
      String where) {
    if (name == null) {
      throw ToolException.missing(where + ".name");
    }
    if (name.isEmpty() || name.length() > LONGEST_NAME || !name.chars().allMatch(Tool::isOfName)) {
      throw ToolException.invalid(
          where + ".name",
          "must be 1 to 64 letters, digits, underscores and hyphens, not " + Quoted.of(name));
    }
    return new Tool(name, description, schema(parameters, where + ".parameters"), strict);
  }

  private static JsonNode schema(@Nullable JsonNode given, String field) {
    if (given == null || given.isNull() || (given.isObject() && given.isEmpty())) {
      ObjectNode none = JsonNodeFactory.instance.objectNode();
      none.put("type", "object").putObject("properties");
      return none;
    }
    if (!given.isObject()) {
      throw ToolException.wrongType(field, "a JSON Schema, which is an object");
    }
    JsonNode type = given.path("type");
    if (!type.isMissingNode() && !type.asText().equals("object")) {
      throw ToolException.invalid(field, "must be a JSON Schema of type 'object'");
    }
    return given;
  }

  static boolean isOfName(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-';
  }
}
