package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Texts that random choices among the allowed tokens lead to, before an independent validator. */
class SchemaWalkTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int MOST_TOKENS = 3000;

  /** Tokens after which an end is looked for. */
  private static final int FREE_TOKENS = 40;

  private static final Pattern LONG_NUMBER = Pattern.compile("[0-9.]{15}");

  private static final String[] SCHEMAS = {
    "{'type':'object','properties':{'a':{'type':'integer','minimum':-5,'maximum':1200},"
        + "'b':{'type':'string','maxLength':9}},'required':['a','b'],'additionalProperties':false}",
    "{'type':'object','properties':{'a':{'type':'number','multipleOf':0.25,'maximum':7.5},"
        + "'c':{'enum':['x','yé',3,null,[1,2],{'k':'v'}]}},'required':['a','c']}",
    "{'type':'array','prefixItems':[{'type':'string','pattern':'^[a-c]+-[0-9]{2,3}$'}],"
        + "'items':{'type':['boolean','null']},'minItems':2,'maxItems':5}",
    "{'type':'array','items':{'type':'integer'},'contains':{'multipleOf':7},'minContains':2,"
        + "'maxContains':3,'maxItems':8}",
    "{'type':'object','patternProperties':{'^n':{'type':'number'},'s$':{'type':'integer'}},"
        + "'additionalProperties':{'type':'boolean'},'maxProperties':4}",
    "{'type':'object','propertyNames':{'pattern':'^[xy]{1,3}$'},'minProperties':1}",
    "{'type':'object','properties':{'kind':{'enum':['a','b','c']}},'required':['kind'],"
        + "'allOf':[{'if':{'properties':{'kind':{'const':'a'}}},'then':{'required':['p'],"
        + "'properties':{'p':{'type':'null'}}},'else':{'properties':{'p':{'type':'integer'}}}}]}",
    "{'oneOf':[{'type':'object','properties':{'t':{'const':1},'v':{'type':'null'}},"
        + "'required':['t']},{'type':'object','properties':{'t':{'type':'integer'}},"
        + "'required':['t','w']},{'type':'integer','multipleOf':3},{'type':'integer','minimum':9}]}",
    "{'not':{'type':['object','array','string']},'maximum':12}",
    "{'not':{'type':'object','required':['a'],'properties':{'b':{'type':'string'}}},"
        + "'type':'object'}",
    "{'type':'object','dependentRequired':{'a':['b','c']},'dependentSchemas':{'d':"
        + "{'properties':{'a':false}}},'properties':{'a':{},'b':{},'c':{},'d':{}},"
        + "'additionalProperties':false}",
    "{'$ref':'#/$defs/tree','$defs':{'tree':{'type':'object','properties':{'v':{'type':'integer'},"
        + "'l':{'anyOf':[{'$ref':'#/$defs/tree'},{'type':'null'}]}},'required':['v','l'],"
        + "'additionalProperties':false}}}",
    "{'allOf':[{'properties':{'a':{'type':'integer'}},'required':['a']},{'properties':{'b':"
        + "{'type':'string','format':'date'}}}],'unevaluatedProperties':false,'type':'object'}",
    "{'oneOf':[{'type':'object','properties':{'a':{'type':'string'}},'additionalProperties':false},"
        + "{'type':'object','properties':{'x':{'type':'string'}},'additionalProperties':false}]}",
    "{'type':'string','format':'date-time'}",
    "{'type':'string','format':'ipv6'}",
    "{'type':'string','format':'uuid'}",
    "{'type':'string','minLength':3,'maxLength':6,'not':{'pattern':'[a-z]'}}",
    "{'exclusiveMinimum':0.125,'exclusiveMaximum':3.0625,'type':'number'}",
    "true",
  };

  /** Single bytes, and longer pieces of JSON. */
  private static List<byte[]> vocabulary(Random random) {
    List<byte[]> texts = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
    }
    String[] parts = {
      "\"", ",", ":", "{", "}", "[", "]", "a", "b", "x", "0", "1", "12", ".5", "null", "true", "é"
    };
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = 1 + random.nextInt(3); n >= 0; n--) {
        text.append(parts[random.nextInt(parts.length)]);
      }
      texts.add(text.toString().getBytes(StandardCharsets.UTF_8));
    }
    return texts;
  }

  /** A text of a grammar; null when it has not ended in time. */
  private static @Nullable String walk(Matcher matcher, List<byte[]> texts, Random random) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    for (int step = 0; step < MOST_TOKENS; step++) {
      boolean ending = step > FREE_TOKENS;
      if (matcher.mustEnd() || (matcher.mayEnd() && (ending || random.nextInt(4) == 0))) {
        return text.toString(StandardCharsets.UTF_8);
      }
      long[] mask = matcher.mask();
      List<Integer> allowed = new ArrayList<>();
      for (int token = 0; token < texts.size(); token++) {
        if ((mask[token >>> 6] >>> (token & 63) & 1) != 0) {
          allowed.add(token);
        }
      }
      assertTrue(!allowed.isEmpty(), "a dead end");
      int token = allowed.get(random.nextInt(allowed.size()));
      for (char end : ending && random.nextInt(8) != 0 ? new char[] {'"', '}', ']'} : new char[0]) {
        token = allowed.contains((int) end) ? end : token;
      }
      assertTrue(matcher.accept(token), "masked in, but refused");
      text.writeBytes(texts.get(token));
    }
    return null;
  }

  @Test
  void textsAreValidForAnotherValidator() throws IOException {
    long seed = System.nanoTime();
    System.out.println("SchemaWalkTest seed " + seed);
    Random random = new Random(seed);
    int ended = 0;
    for (String source : SCHEMAS) {
      ended += walks(MAPPER.readTree(source.replace('\'', '"')), 60, random, "seed " + seed);
    }
    assertTrue(ended > SCHEMAS.length * 30, "only " + ended);
  }

  @Test
  void textsOfRealSchemasAreValidForAnotherValidator() throws IOException {
    long seed = System.nanoTime();
    System.out.println("SchemaWalkTest seed " + seed);
    Random random = new Random(seed);
    int ended = 0;
    for (JsonNode row : JsonSchemaCorpusTest.realSchemas()) {
      if (random.nextInt(4) != 0) {
        continue;
      }
      String label = row.get("name").asText() + " seed " + seed;
      ended += walks(row.get("schema"), 2, random, label);
    }
    assertTrue(ended > 120, "only " + ended);
  }

  private static int walks(JsonNode source, int rounds, Random random, String label) {
    CompiledGrammar grammar;
    List<byte[]> texts = vocabulary(random);
    try {
      grammar =
          Feeding.compile(
              JsonSchemaReader.grammar(source, SchemaOptions.DEFAULT), TokenTrie.of(texts));
    } catch (GrammarException e) {
      return 0;
    }
    Schema schema = validator(source);
    if (schema == null) {
      return 0;
    }
    int ended = 0;
    for (int round = 0; round < rounds; round++) {
      String text = walk(grammar.matcher(), texts, random);
      // the validator reckons with doubles, in which long numbers are others
      if (text != null && !LONG_NUMBER.matcher(text).find()) {
        ended++;
        assertEquals(
            List.of(),
            schema.validate(text, InputFormat.JSON).stream().map(Object::toString).toList(),
            () -> label + " wrote " + text + " for " + source);
      }
    }
    return ended;
  }

  /** A validator for a schema; null where it cannot read it, as one whose id is no URI. */
  private static @Nullable Schema validator(JsonNode source) {
    String dialect = source.path("$schema").asText();
    SpecificationVersion version =
        dialect.contains("draft-04")
            ? SpecificationVersion.DRAFT_4
            : dialect.contains("draft-06")
                ? SpecificationVersion.DRAFT_6
                : dialect.contains("draft-07")
                    ? SpecificationVersion.DRAFT_7
                    : SpecificationVersion.DRAFT_2020_12;
    try {
      SchemaRegistryConfig config =
          SchemaRegistryConfig.builder().regularExpressionFactory(EcmaPattern::new).build();
      return SchemaRegistry.withDefaultDialect(version, b -> b.schemaRegistryConfig(config))
          .getSchema(source);
    } catch (SchemaException | UnsupportedOperationException e) {
      return null;
    }
  }
}
