package dev.tensafe.server.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.Regexes;
import dev.tensafe.grammar.schema.JsonSchemaReader;
import dev.tensafe.grammar.schema.SchemaOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * The arguments of tools as symbols: as one JSON object, or one after the other. Errors name the
 * tool and the place in its schema. Confined to one thread.
 */
final class ToolArguments {
  /** Keywords beside {@code properties} that arguments one by one keep, or that say nothing. */
  private static final Set<String> KNOWN =
      Set.of(
          "type",
          "properties",
          "required",
          "additionalProperties",
          "$defs",
          "definitions",
          "title",
          "description",
          "$schema",
          "$id",
          "$comment",
          "default",
          "examples",
          "deprecated");

  /** Keywords that say which properties there may be beside the named ones. */
  private static final List<String> OPEN =
      List.of(
          "additionalProperties",
          "patternProperties",
          "unevaluatedProperties",
          "propertyNames",
          "$ref",
          "allOf",
          "anyOf",
          "oneOf",
          "if",
          "dependentSchemas");

  private final GrammarParts parts;
  private final ToolRequest request;
  private final JsonSchemaReader reader;

  /** An argument. */
  record Argument(String name, JsonNode schema, boolean required) {}

  ToolArguments(GrammarParts parts, ToolRequest request) {
    this.parts = parts;
    this.request = request;
    int work = 2 * SchemaOptions.MOST_WORK / Math.max(1, request.callable().size());
    SchemaOptions options =
        new SchemaOptions(
            request.flexible()
                ? SchemaOptions.Whitespace.FLEXIBLE
                : SchemaOptions.Whitespace.SPACED,
            false,
            Math.min(work, SchemaOptions.MOST_WORK));
    this.reader = new JsonSchemaReader(parts.builder(), options);
  }

  /** Expression of the white space that may stand in JSON beside brackets and before signs. */
  int gap() {
    return request.flexible() ? parts.spaces() : Regexes.EMPTY;
  }

  /** Expression of the white space that may stand behind a colon or a comma. */
  int behind() {
    return request.flexible() ? parts.spaces() : parts.regexes().optional(parts.literal(" "));
  }

  GrammarParts parts() {
    return parts;
  }

  /** The tools that may be called. */
  List<Tool> tools() {
    return request.callable();
  }

  /** Expression of the names of all. */
  int names() {
    return parts.literals(tools().stream().map(Tool::name).toList());
  }

  /**
   * The arguments of a tool as a JSON object.
   *
   * @throws GrammarException where its schema can't be enforced
   */
  int object(Tool tool) {
    return named(tool, "", () -> reader.read(closed(tool.parameters())));
  }

  /** Properties that the schema does not speak of are not made up. */
  private static JsonNode closed(JsonNode schema) {
    ObjectNode out = ((ObjectNode) schema).deepCopy();
    out.put("type", "object");
    if (schema.has("properties") && OPEN.stream().noneMatch(schema::has)) {
      out.put("additionalProperties", false);
    }
    return out;
  }

  /**
   * The arguments of a tool, in the order of its schema.
   *
   * @throws GrammarException where the schema says more than which there are
   */
  List<Argument> each(Tool tool) {
    JsonNode root = root(tool);
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (!KNOWN.contains(entry.getKey())) {
        throw at(
            tool,
            GrammarException.unsupported(
                "/" + entry.getKey(),
                "'" + entry.getKey() + "' can't be enforced in this model's format of calls"));
      }
    }
    Map<String, Argument> out = new LinkedHashMap<>();
    root.path("properties")
        .properties()
        .forEach(e -> out.put(e.getKey(), new Argument(e.getKey(), e.getValue(), false)));
    JsonNode others = root.path("additionalProperties");
    for (JsonNode name : root.path("required")) {
      JsonNode schema = out.containsKey(name.asText()) ? out.get(name.asText()).schema() : others;
      out.put(name.asText(), new Argument(name.asText(), schema, true));
    }
    out.values().removeIf(argument -> isFalse(argument.schema()) && !argument.required());
    return new ArrayList<>(out.values());
  }

  private static boolean isFalse(JsonNode schema) {
    return schema.isBoolean() && !schema.booleanValue();
  }

  /** The schema of a tool's arguments, behind references. */
  static JsonNode root(Tool tool) {
    JsonNode root = tool.parameters();
    for (int i = 0; i < 16 && root.path("$ref").asText().startsWith("#/"); i++) {
      root = tool.parameters().at(root.get("$ref").asText().substring(1));
    }
    return root;
  }

  /** A value as JSON; errors have a place within it. */
  int value(Tool tool, Argument argument) {
    JsonNode schema = argument.schema();
    if (schema.isObject() && schema.findValue("$ref") != null) {
      ObjectNode whole = schema.deepCopy();
      for (String definitions : new String[] {"$defs", "definitions"}) {
        if (tool.parameters().has(definitions) && !whole.has(definitions)) {
          whole.set(definitions, tool.parameters().get(definitions));
        }
      }
      schema = whole;
    }
    return argument.required() ? reader.read(schema) : reader.readOptional(schema);
  }

  static String place(Argument argument) {
    return "/properties/" + argument.name().replace("~", "~0").replace("/", "~1");
  }

  /**
   * A symbol of a tool; errors name it.
   *
   * @param place in its schema, a JSON pointer, that places of errors are within
   */
  int named(Tool tool, String place, IntSupplier symbol) {
    try {
      return symbol.getAsInt();
    } catch (GrammarException e) {
      String where = e.where().startsWith("/") ? e.where() : "";
      throw at(tool, new GrammarException(e.code(), place + where, e.description()));
    }
  }

  private GrammarException at(Tool tool, GrammarException e) {
    int index = request.tools().indexOf(tool);
    String field =
        request.deprecated()
            ? "functions[" + index + "].parameters"
            : "tools[" + index + "].function.parameters";
    return new GrammarException(
        e.code(), field + e.where(), "tool '" + tool.name() + "': " + e.description());
  }
}
