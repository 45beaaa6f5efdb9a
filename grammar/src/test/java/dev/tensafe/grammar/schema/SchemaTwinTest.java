package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random schemas of few names and values, and every small value, beside another validator. */
class SchemaTwinTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String[] NAMES = {"a", "b", "x"};
  private static final int ROUNDS = 300;

  private static final String[] TYPES = {
    "null", "boolean", "integer", "number", "string", "array", "object"
  };

  private final Random random;

  SchemaTwinTest() {
    long seed = System.nanoTime();
    System.out.println("SchemaTwinTest seed " + seed);
    this.random = new Random(seed);
  }

  private JsonNode schema(int depth) {
    if (random.nextInt(12) == 0) {
      return MAPPER.getNodeFactory().booleanNode(random.nextInt(3) > 0);
    }
    ObjectNode s = MAPPER.createObjectNode();
    if (random.nextBoolean()) {
      s.put("type", random.nextBoolean() ? "object" : TYPES[random.nextInt(TYPES.length)]);
    }
    for (int keywords = 1 + random.nextInt(3); keywords > 0; keywords--) {
      if (depth > 0 && random.nextInt(3) > 0) {
        applied(s, depth - 1);
      } else {
        plain(s);
      }
    }
    return s;
  }

  private void plain(ObjectNode s) {
    switch (random.nextInt(9)) {
      case 0 -> s.put("minProperties", random.nextInt(3));
      case 1 -> s.put("maxProperties", random.nextInt(3));
      case 2 -> s.set("required", names());
      case 3 -> s.put("minimum", random.nextInt(3));
      case 4 -> s.put("maxLength", random.nextInt(2));
      case 5 -> s.put("minItems", random.nextInt(3));
      case 6 -> s.put("maxItems", random.nextInt(2));
      case 7 -> s.set("const", values().get(random.nextInt(12)));
      default -> s.set("enum", MAPPER.createArrayNode().add(1).add("s").add(random.nextInt(3)));
    }
  }

  private ArrayNode names() {
    ArrayNode names = MAPPER.createArrayNode();
    for (String name : NAMES) {
      if (random.nextInt(3) == 0) {
        names.add(name);
      }
    }
    return names;
  }

  private void applied(ObjectNode s, int depth) {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        ObjectNode properties = MAPPER.createObjectNode();
        for (String name : NAMES) {
          if (random.nextBoolean()) {
            properties.set(name, schema(depth));
          }
        }
        s.set("properties", properties);
      }
      case 3, 4 -> s.set("additionalProperties", random.nextBoolean() ? no() : schema(depth));
      case 5 -> s.set("oneOf", several(depth));
      case 6 -> s.set("anyOf", several(depth));
      case 7 -> s.set("allOf", several(depth));
      case 8 -> s.set("not", schema(depth));
      case 9 -> {
        s.set("if", schema(depth));
        s.set(random.nextBoolean() ? "then" : "else", schema(depth));
      }
      case 10 -> s.set("items", schema(depth));
      default -> s.set("patternProperties", MAPPER.createObjectNode().set("^[ab]$", schema(depth)));
    }
  }

  private static JsonNode no() {
    return MAPPER.getNodeFactory().booleanNode(false);
  }

  private ArrayNode several(int depth) {
    ArrayNode all = MAPPER.createArrayNode();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      all.add(schema(depth));
    }
    return all;
  }

  private static List<JsonNode> values() {
    String[] scalars = {
      "null", "true", "0", "1", "2", "1.5", "\"\"", "\"s\"", "\"tt\"", "[]", "{}"
    };
    StringBuilder all = new StringBuilder("[" + String.join(",", scalars));
    for (String one : scalars) {
      all.append(",[").append(one).append("],[1,").append(one).append("]");
      for (String name : NAMES) {
        all.append(",{\"").append(name).append("\":").append(one).append('}');
      }
      all.append(",{\"a\":").append(one).append(",\"b\":\"s\"}");
      all.append(",{\"a\":1,\"x\":").append(one).append('}');
      all.append(",{\"a\":1,\"b\":").append(one).append(",\"x\":null}");
      all.append(",{\"other\":").append(one).append('}');
    }
    try {
      return List.copyOf(
          MAPPER.readValue(all.append(']').toString(), ArrayNode.class).valueStream().toList());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static @Nullable CompiledGrammar compile(JsonNode schema) {
    try {
      return Feeding.compile(JsonSchemaReader.grammar(schema, SchemaOptions.DEFAULT));
    } catch (GrammarException e) {
      return null;
    }
  }

  /** Whether names that are open may have to differ, which no grammar says of more than one. */
  private static boolean mayReject(JsonNode source) {
    String text = source.toString();
    return text.contains("\"minProperties\":2") || text.contains("\"maxProperties\":1");
  }

  @Test
  void aValueIsOfTheGrammarExactlyIfItIsValid() {
    List<JsonNode> values = values();
    int valid = 0;
    int invalid = 0;
    for (int round = 0; round < ROUNDS; round++) {
      JsonNode source = schema(2);
      CompiledGrammar grammar = compile(source);
      if (grammar == null) {
        continue;
      }
      Schema schema =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(source);
      for (JsonNode value : values) {
        boolean expected = schema.validate(value).isEmpty();
        boolean found = Feeding.ordered(grammar, value, source) != null;
        if (found || !mayReject(source)) {
          assertEquals(expected, found, value + " against " + source);
        }
        valid += expected ? 1 : 0;
        invalid += expected ? 0 : 1;
      }
    }
    System.out.println(valid + " valid, " + invalid + " not");
    assertTrue(valid > 1000 && invalid > 1000, valid + " and " + invalid);
  }
}
