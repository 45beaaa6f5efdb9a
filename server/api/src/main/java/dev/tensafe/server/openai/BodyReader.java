package dev.tensafe.server.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Reader;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * JSON as a tree. JSON Schemas in a body are read exactly: numbers to their last digit, and nested
 * deeper than other fields may be. Stateless.
 */
final class BodyReader {
  /** Levels of what is no schema. */
  static final int MAX_DEPTH = 64;

  /** Levels of a body with its schemas. */
  static final int MAX_SCHEMA_DEPTH = 512;

  /** Characters of a number. */
  static final int MAX_NUMBER = 100;

  /** Characters of a number in a schema. */
  private static final int MAX_SCHEMA_NUMBER = 1000;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** Where schemas are, in bodies of all routes. */
  private static final Set<String> SCHEMAS =
      Set.of(
          ".guided_json",
          ".json_schema",
          ".response_format.schema",
          ".response_format.json_schema.schema",
          ".structured_outputs.json",
          ".tools[].function.parameters",
          ".functions[].parameters",
          ".tools[].parameters",
          ".text.format.schema",
          ".tools[].input_schema",
          ".output_config.format.schema");

  /** Places above those. */
  private static final Set<String> ABOVE = above();

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // names come from clients: they are not kept
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_SCHEMA_DEPTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNumberLength(MAX_SCHEMA_NUMBER)
                  .build())
          .build();

  private BodyReader() {}

  private static Set<String> above() {
    Set<String> all = new HashSet<>();
    for (String schema : SCHEMAS) {
      for (int end = 0; end < schema.length(); end++) {
        if (schema.charAt(end) == '.' || schema.charAt(end) == '[') {
          all.add(schema.substring(0, end));
        }
      }
    }
    return Set.copyOf(all);
  }

  /** A whole body; a missing node where there is none. */
  static JsonNode body(Reader text) throws IOException {
    return whole(text, "", false);
  }

  /** A text that is a schema as a whole; a missing node where there is none. */
  static JsonNode schema(Reader text) throws IOException {
    return whole(text, null, true);
  }

  private static JsonNode whole(Reader text, @Nullable String path, boolean exact)
      throws IOException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        return MissingNode.getInstance();
      }
      JsonNode value = value(parser, path, exact, 1);
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "something behind the end");
      }
      return value;
    }
  }

  /**
   * @param path of the value, if there may be schemas in it
   * @param exact whether it is part of a schema
   * @param level of what is in it
   */
  private static JsonNode value(JsonParser in, @Nullable String path, boolean exact, int level)
      throws IOException {
    JsonToken token = in.currentToken();
    switch (token) {
      case START_OBJECT -> {
        checkDepth(in, exact, level);
        ObjectNode object = NODES.objectNode();
        while (in.nextToken() != JsonToken.END_OBJECT) {
          String name = in.currentName();
          JsonToken unused = in.nextToken();
          String below = path == null ? null : path + "." + name;
          boolean schema = exact || (below != null && SCHEMAS.contains(below));
          String further = below != null && ABOVE.contains(below) ? below : null;
          JsonNode unusedOld = object.replace(name, value(in, further, schema, level + 1));
        }
        return object;
      }
      case START_ARRAY -> {
        checkDepth(in, exact, level);
        ArrayNode array = NODES.arrayNode();
        String below = path != null && ABOVE.contains(path + "[]") ? path + "[]" : null;
        while (in.nextToken() != JsonToken.END_ARRAY) {
          array.add(value(in, below, exact, level + 1));
        }
        return array;
      }
      case VALUE_NUMBER_INT -> {
        checkLength(in, exact);
        return switch (in.getNumberType()) {
          case INT -> NODES.numberNode(in.getIntValue());
          case LONG -> NODES.numberNode(in.getLongValue());
          default -> NODES.numberNode(in.getBigIntegerValue());
        };
      }
      case VALUE_NUMBER_FLOAT -> {
        checkLength(in, exact);
        return exact ? decimal(in) : NODES.numberNode(in.getDoubleValue());
      }
      case VALUE_TRUE, VALUE_FALSE -> {
        return NODES.booleanNode(token == JsonToken.VALUE_TRUE);
      }
      case VALUE_NULL -> {
        return NODES.nullNode();
      }
      default -> {
        return NODES.textNode(in.getText());
      }
    }
  }

  private static JsonNode decimal(JsonParser in) throws IOException {
    try {
      return DecimalNode.valueOf(new BigDecimal(in.getText()));
    } catch (NumberFormatException e) {
      throw new StreamConstraintsException(
          "a number with an exponent that is too large", in.currentLocation());
    }
  }

  private static void checkDepth(JsonParser in, boolean exact, int level) throws IOException {
    if (!exact && level > MAX_DEPTH) {
      throw new StreamConstraintsException("nesting depth", in.currentLocation());
    }
  }

  private static void checkLength(JsonParser in, boolean exact) throws IOException {
    if (!exact && in.getTextLength() > MAX_NUMBER) {
      throw new StreamConstraintsException("a number too long", in.currentLocation());
    }
  }
}
