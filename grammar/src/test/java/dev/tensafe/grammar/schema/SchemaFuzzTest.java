package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.grammar.GrammarException;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Schemas of random keywords with random values, right and wrong: a grammar, or a typed error. */
class SchemaFuzzTest {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private static final String[] SCHEMA_KEYS = {
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "items",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "not",
    "if",
    "then",
    "else"
  };
  private static final String[] LIST_KEYS = {"prefixItems", "allOf", "anyOf", "oneOf", "items"};
  private static final String[] MAP_KEYS = {
    "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"
  };
  private static final String[] NUMBER_KEYS = {
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
    "maxContains"
  };
  private static final String[] TEXT_KEYS = {
    "pattern", "format", "$ref", "$id", "$anchor", "$dynamicRef", "$schema", "type"
  };
  private static final String[] TEXTS = {
    "a",
    "^b+$",
    "(",
    "[z-a]",
    "#",
    "#/$defs/a",
    "#/properties/b",
    "#a",
    "http://x/y",
    "date",
    "ipv6",
    "object",
    "array",
    "string",
    "integer",
    "null",
    "%",
    "~",
    "\u0000",
    "\ud800",
    "é",
    "",
    "http://json-schema.org/draft-04/schema#",
    "(?!a)b",
    "a{3,2}",
    "(a*)*",
    "\\p{L}+"
  };
  private static final String[] NUMBERS = {
    "0", "1", "2", "-1", "3.5", "0.1", "1e3", "1e-300", "1e300", "99999999999", "-0.0", "7", "64"
  };

  private Random random = new Random();

  private String any(String[] of) {
    return of[random.nextInt(of.length)];
  }

  private JsonNode value(int depth) {
    switch (random.nextInt(depth <= 0 ? 5 : 7)) {
      case 0:
        return JSON.nullNode();
      case 1:
        return JSON.booleanNode(random.nextBoolean());
      case 2:
        return JSON.numberNode(new BigDecimal(any(NUMBERS)));
      case 3, 4:
        return JSON.textNode(any(TEXTS));
      case 5:
        ArrayNode array = JSON.arrayNode();
        for (int n = random.nextInt(4); n > 0; n--) {
          array.add(value(depth - 1));
        }
        return array;
      default:
        return schema(depth - 1);
    }
  }

  private JsonNode schema(int depth) {
    if (random.nextInt(8) == 0) {
      return JSON.booleanNode(random.nextInt(3) > 0);
    }
    ObjectNode schema = JSON.objectNode();
    for (int n = random.nextInt(5); n > 0; n--) {
      boolean deep = depth > 0;
      switch (random.nextInt(9)) {
        case 0, 1 -> schema.set(any(SCHEMA_KEYS), deep ? schema(depth - 1) : value(0));
        case 2 -> schema.set(any(LIST_KEYS), list(depth));
        case 3 -> schema.set(any(MAP_KEYS), map(depth));
        case 4 -> schema.put(any(NUMBER_KEYS), new BigDecimal(any(NUMBERS)));
        case 5 -> schema.put(any(TEXT_KEYS), any(TEXTS));
        case 6 -> schema.set("enum", JSON.arrayNode().add(value(2)).add(value(1)));
        case 7 -> schema.set("required", JSON.arrayNode().add(any(TEXTS)));
        default -> schema.set(random.nextBoolean() ? any(SCHEMA_KEYS) : any(NUMBER_KEYS), value(2));
      }
    }
    return schema;
  }

  private JsonNode list(int depth) {
    ArrayNode list = JSON.arrayNode();
    for (int n = random.nextInt(4); n > 0; n--) {
      list.add(depth > 0 ? schema(depth - 1) : value(0));
    }
    return list;
  }

  private JsonNode map(int depth) {
    ObjectNode map = JSON.objectNode();
    for (int n = random.nextInt(4); n > 0; n--) {
      map.set(any(TEXTS), depth > 0 ? schema(depth - 1) : value(0));
    }
    return map;
  }

  @Test
  void randomSchemasAreReadOrRefused() {
    long seed = System.nanoTime();
    System.out.println("SchemaFuzzTest seed " + seed);
    random = new Random(seed);
    Map<String, Integer> outcomes = new TreeMap<>();
    for (int i = 0; i < 3000; i++) {
      JsonNode schema = schema(1 + i % 5);
      String outcome = "read";
      try {
        Feeding.compile(JsonSchemaReader.grammar(schema, SchemaOptions.DEFAULT));
      } catch (GrammarException e) {
        outcome = e.code();
        assertTrue(e.code().startsWith("schema."), () -> e + " for " + schema);
        assertTrue(e.where().isEmpty() || e.where().startsWith("/"), e.where());
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + " for " + schema, e);
      }
      outcomes.merge(outcome, 1, Integer::sum);
    }
    System.out.println(outcomes);
    assertTrue(outcomes.getOrDefault("read", 0) > 300, outcomes.toString());
    assertTrue(outcomes.getOrDefault("schema.unsupported", 0) > 30, outcomes.toString());
  }

  @Test
  void deepSchemasAreRefused() {
    for (String key : new String[] {"items", "not", "additionalProperties", "contains"}) {
      JsonNode schema = JSON.booleanNode(true);
      for (int depth = 0; depth < 5000; depth++) {
        schema = JSON.objectNode().set(key, schema);
      }
      String outcome = "read";
      try {
        JsonSchemaReader.grammar(schema, SchemaOptions.DEFAULT);
      } catch (GrammarException e) {
        outcome = e.code();
      }
      assertEquals("schema.too_complex", outcome, key);
    }
    ObjectNode chain = JSON.objectNode();
    ObjectNode definitions = chain.putObject("$defs");
    for (int i = 0; i < 5000; i++) {
      definitions.putObject("d" + i).put("$ref", "#/$defs/d" + (i + 1));
    }
    definitions.put("d5000", true);
    chain.put("$ref", "#/$defs/d0");
    String outcome = "read";
    try {
      JsonSchemaReader.grammar(chain, SchemaOptions.DEFAULT);
    } catch (GrammarException e) {
      outcome = e.code();
    }
    assertEquals("schema.too_complex", outcome);
    JsonNode deep = JSON.textNode("end");
    for (int depth = 0; depth < 900; depth++) {
      deep = JSON.arrayNode().add(deep);
    }
    JsonSchemaReader.grammar(JSON.objectNode().set("const", deep), SchemaOptions.DEFAULT);
  }
}
