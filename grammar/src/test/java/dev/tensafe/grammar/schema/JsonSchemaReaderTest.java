package dev.tensafe.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import dev.tensafe.grammar.schema.SchemaOptions.Whitespace;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Schemas, in single quotation marks for double ones, and texts. */
class JsonSchemaReaderTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static Grammar read(String schema, SchemaOptions options) {
    try {
      return JsonSchemaReader.grammar(MAPPER.readTree(schema.replace('\'', '"')), options);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static CompiledGrammar compile(String schema) {
    return Feeding.compile(read(schema, SchemaOptions.DEFAULT));
  }

  private static boolean accepts(String schema, String text) {
    return Feeding.accepts(compile(schema), text.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'type':'integer'};12;true",
        "{'type':'integer'};1.0;false",
        "{'type':'integer'};-0;false",
        "{'type':'integer'};01;false",
        "{'type':'integer','minimum':-12,'exclusiveMaximum':105};-12;true",
        "{'type':'integer','minimum':-12,'exclusiveMaximum':105};-13;false",
        "{'type':'integer','minimum':-12,'exclusiveMaximum':105};104;true",
        "{'type':'integer','minimum':-12,'exclusiveMaximum':105};105;false",
        "{'type':'number'};1.50;true",
        "{'type':'number'};-2.5E-07;true",
        "{'type':'number'};1e999;false",
        "{'type':'number','minimum':2.5};2.50;true",
        "{'type':'number','minimum':2.5};2.49;false",
        "{'type':'number','minimum':2.5};13;true",
        "{'type':'number','exclusiveMinimum':2.5};2.50;false",
        "{'type':'number','exclusiveMinimum':2.5};2.501;true",
        "{'type':'number','exclusiveMinimum':0};1e-7;true",
        "{'type':'number','exclusiveMinimum':0};-0.0;false",
        "{'type':'number','maximum':0};-0.0;true",
        "{'type':'number','maximum':-0.5};-0.5;true",
        "{'type':'number','maximum':-0.5};-0.49;false",
        "{'minimum':3,'exclusiveMinimum':true};3;false",
        "{'minimum':3,'exclusiveMinimum':true};4;true",
        "{'type':'number','multipleOf':0.01};12.34;true",
        "{'type':'number','multipleOf':0.01};12.345;false",
        "{'type':'number','multipleOf':2.5};7.5;true",
        "{'type':'number','multipleOf':2.5};7;false",
        "{'type':'number','multipleOf':2.5};10.0;true",
        "{'type':'integer','multipleOf':7};-91;true",
        "{'type':'integer','multipleOf':7};92;false",
        "{'enum':[1.0,'a',null]};1;true",
        "{'enum':[1.0,'a',null]};null;true",
        "{'enum':[1.0,'a',null]};'a';true",
        "{'enum':[1.0,'a',null]};'b';false",
      })
  void scalarsAreWrittenSo(String schema, String text, boolean accepted) {
    assertEquals(accepted, accepts(schema, text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'type':'string'};'é';true",
        "{'type':'string'};'\\u00e9';true",
        "{'type':'string'};'\\u00E9';true",
        "{'type':'string'};'\\ud83d\\ude00';true",
        "{'type':'string'};'\\ud83d';false",
        "{'type':'string'};'\\n\\u000a\\\"\\\\';true",
        "{'type':'string'};'\\u0041';false",
        "{'type':'string'};'\\/';false",
        "{'type':'string','maxLength':1};'😀';true",
        "{'type':'string','maxLength':1};'\\ud83d\\ude00';true",
        "{'type':'string','maxLength':1};'ab';false",
        "{'type':'string','minLength':2,'pattern':'^a'};'a';false",
        "{'type':'string','minLength':2,'pattern':'^a'};'ab';true",
        "{'type':'string','pattern':'b'};'abc';true",
        "{'type':'string','pattern':'b'};'ac';false",
        "{'not':{'type':'string','pattern':'b'},'type':'string'};'ac';true",
        "{'not':{'enum':['a','b']},'type':'string'};'a';false",
        "{'not':{'enum':['a','b']},'type':'string'};'ab';true",
        "{'type':'string','format':'date'};'2024-02-29';true",
        "{'type':'string','format':'date'};'2023-02-29';false",
        "{'type':'string','format':'date'};'1900-02-29';false",
        "{'type':'string','format':'date'};'2000-02-29';true",
        "{'type':'string','format':'date-time'};'2024-02-29T23:59:59.25+01:00';true",
        "{'type':'string','format':'date-time'};'2024-02-29';false",
        "{'type':'string','format':'ipv4'};'255.0.10.1';true",
        "{'type':'string','format':'ipv4'};'256.0.10.1';false",
        "{'type':'string','format':'ipv6'};'::';true",
        "{'type':'string','format':'ipv6'};'2001:db8::8a2e:370:7334';true",
        "{'type':'string','format':'ipv6'};'1:2:3:4:5:6:7::';true",
        "{'type':'string','format':'ipv6'};'::ffff:192.0.2.1';true",
        "{'type':'string','format':'ipv6'};'1:2:3:4:5:6:7';false",
        "{'type':'string','format':'ipv6'};'1::2::3';false",
        "{'type':'string','format':'ipv6'};'1:2:3:4:5:6:7:8:9';false",
        "{'type':'string','format':'uri'};'https://a.b/c?d=e#f';true",
        "{'type':'string','format':'uri'};'mailto:a@b.c';true",
        "{'type':'string','format':'uri'};'/a/b';false",
        "{'type':'string','format':'email'};'a.b@c.org';true",
        "{'type':'string','format':'email'};'a.b.c.org';false",
        "{'type':'string','format':'hostname'};'a-b.org';true",
        "{'type':'string','format':'hostname'};'-a.org';false",
        "{'type':'string','format':'uuid'};'2eb8aa08-aa98-11ea-b4aa-73b441d16380';true",
        "{'type':'string','format':'colour'};'anything';true",
      })
  void stringsAreWrittenSo(String schema, String text, boolean accepted) {
    assertEquals(accepted, accepts(schema, text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'properties':{'b':{},'a':{}},'type':'object'};{'b':1,'a':2,'c':3};true",
        "{'properties':{'b':{},'a':{}},'type':'object'};{'a':1,'b':2};false",
        "{'properties':{'b':{},'a':{}},'type':'object'};{'a':1};true",
        "{'properties':{'b':{},'a':{}},'type':'object'};{'c':1,'a':1};false",
        "{'type':'object','minProperties':1};{};false",
        "{'type':'object','minProperties':1};{'x':1};true",
        "{'type':'object','maxProperties':1};{'x':1,'y':2};false",
        "{'type':'object','patternProperties':{'^x':{'type':'null'}}};{'xy':1};false",
        "{'type':'object','patternProperties':{'^x':{'type':'null'}}};{'xy':null,'y':1};true",
        "{'type':'object','propertyNames':{'maxLength':1}};{'xy':1};false",
        "{'type':'object','properties':{'a':{}},'additionalProperties':false};{'\\u0061':1};false",
        "{'type':'object','properties':{'é':{}},'required':['é'],'additionalProperties':false};"
            + "{'\\u00e9':1};true",
        "{'type':'array','items':{'type':'null'},'minItems':1,'maxItems':2};[];false",
        "{'type':'array','items':{'type':'null'},'minItems':1,'maxItems':2};[null,null];true",
        "{'type':'array','items':{'type':'null'},'minItems':1,'maxItems':2};[null,null,null];false",
        "{'type':'array','contains':{'const':1}};[2,1,3];true",
        "{'type':'array','contains':{'const':1}};[2,3];false",
        "{'type':'array','contains':{'const':1},'maxContains':1};[1,2,1];false",
        "{'items':[{'const':1}],'additionalItems':false};[1];true",
        "{'items':[{'const':1}],'additionalItems':false};[1,2];false",
        "{'$ref':'#/$defs/t','$defs':{'t':{'anyOf':[{'type':'null'},"
            + "{'type':'array','items':{'$ref':'#/$defs/t'}}]}}};[[null],[[],null]];true",
        "{'oneOf':[{'multipleOf':3},{'multipleOf':5}],'type':'integer'};15;false",
        "{'oneOf':[{'multipleOf':3},{'multipleOf':5}],'type':'integer'};20;true",
        "{'type':'object','oneOf':[{'required':['a']},{'required':['b']}]};{'a':1,'b':1};false",
        "{'type':'object','oneOf':[{'required':['a']},{'required':['b']}]};{'b':1};true",
        "{'properties':{'a':{'type':'null'}},'additionalProperties':false,'not':"
            + "{'properties':{'x':{'type':'null'}},'additionalProperties':false}};{};false",
        "{'properties':{'a':{'type':'null'}},'additionalProperties':false,'not':"
            + "{'properties':{'x':{'type':'null'}},'additionalProperties':false}};{'a':null};true",
        "{'type':'object','dependentRequired':{'a':['b']}};{'a':1};false",
        "{'type':'object','dependentRequired':{'a':['b']}};{'a':1,'b':1};true",
        "{'properties':{'k':{'enum':['a','b']}},'required':['k'],'type':'object',"
            + "'if':{'properties':{'k':{'const':'a'}}},'then':{'required':['x']}};{'k':'a'};false",
        "{'properties':{'k':{'enum':['a','b']}},'required':['k'],'type':'object',"
            + "'if':{'properties':{'k':{'const':'a'}}},'then':{'required':['x']}};{'k':'b'};true",
        "{'allOf':[{'properties':{'a':{}}}],'unevaluatedProperties':false,'type':'object'};"
            + "{'a':1,'b':1};false",
        "{'const':{'a':[1,{'b':null}]}};{'a':[1,{'b':null}]};true",
        "{'const':{'a':[1,{'b':null}]}};{'a':[1,{}]};false",
      })
  void objectsAndArraysAreWrittenSo(String schema, String text, boolean accepted) {
    assertEquals(accepted, accepts(schema, text));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'properties':{'a/b':{'pattern':'(?<=a)b'}}};schema.unsupported;/properties/a~1b/pattern",
        "{'items':{'$ref':'https://example.com/x'}};schema.unsupported;/items/$ref",
        "{'$ref':'#/definitions/x'};schema.invalid;/$ref",
        "{'$ref':'#'};schema.invalid;``",
        "{'type':'text'};schema.invalid;/type",
        "{'properties':[]};schema.invalid;/properties",
        "{'properties':{'a':3}};schema.invalid;/properties/a",
        "{'minLength':-1};schema.invalid;/minLength",
        "{'type':'string','minimum':'a'};schema.invalid;/minimum",
        "{'type':'integer','maxLength':1.5};schema.invalid;/maxLength",
        "{'type':'null','properties':{'a':{'type':'array','pattern':1}}};schema.invalid;"
            + "/properties/a/pattern",
        "{'items':{'uniqueItems':true}};schema.unsupported;/items",
        "{'multipleOf':0};schema.invalid;/multipleOf",
        "{'multipleOf':1e-40};schema.unsupported;/multipleOf",
        "{'maximum':1e500};schema.invalid;/maximum",
        "{'minProperties':3};schema.unsupported;``",
        "{'minLength':1000000,'type':'string'};schema.too_complex;/minLength",
        "{'type':'object','required':['a'],'properties':{'a':false}};schema.invalid;/properties/a",
        "{'type':'object','required':['é'],'additionalProperties':false};schema.invalid;``",
      })
  void refusalsNameTheirPlace(String schema, String code, String where) {
    GrammarException e = assertThrows(GrammarException.class, () -> compile(schema));
    assertEquals(code, e.code(), e.getMessage());
    assertEquals(where, e.where(), e.getMessage());
  }

  @Test
  void schemasBuiltToExplodeAreRefused() {
    String pairs =
        IntStream.range(0, 30)
            .mapToObj(i -> "{'anyOf':[{'required':['a" + i + "']},{'required':['b" + i + "']}]}")
            .collect(Collectors.joining(","));
    String doubled =
        IntStream.range(0, 30)
            .mapToObj(
                i ->
                    "'d"
                        + i
                        + "':{'allOf':[{'properties':{'x':{'$ref':'#/$defs/d"
                        + (i + 1)
                        + "'}}},{'properties':{'x':{'$ref':'#/$defs/d"
                        + (i + 1)
                        + "'}}}]}")
            .collect(Collectors.joining(","));
    for (String schema :
        new String[] {
          "{'type':'object','allOf':[" + pairs + "]}",
          "{'type':'array','maxItems':1000000000}",
          "{'type':'array','minItems':1000000000}",
          "{'type':'string','pattern':'(((a{1000}){1000}){1000}){1000}','minLength':7}",
          "{'type':'integer','allOf':[{'multipleOf':100003},{'multipleOf':100019},{'not':"
              + "{'multipleOf':100043}}],'minimum':1,'maximum':1000}",
        }) {
      GrammarException e = assertThrows(GrammarException.class, () -> compile(schema), schema);
      assertTrue(e.code().startsWith("schema."), e.code());
    }
    // the same condition twice is one
    compile("{'$ref':'#/$defs/d0','$defs':{" + doubled + ",'d30':{'type':'null'}}}");
  }

  @Test
  void blanksMayStandWhereTheyAreAllowed() {
    String schema = "{'type':'object','properties':{'a':{'type':'array'}}}";
    String spaced = "{\n  \"a\": [\n    1,\n    {}\n  ]\n}";
    Grammar flexible =
        read(schema, new SchemaOptions(Whitespace.FLEXIBLE, false, SchemaOptions.MOST_WORK));
    assertTrue(Feeding.accepts(Feeding.compile(flexible), spaced));
    assertTrue(Feeding.accepts(Feeding.compile(flexible), "{\"a\":[1,{}]}"));
    assertEquals(false, accepts(schema, spaced));
  }

  @Test
  void severalSchemasMakeOneGrammar() throws JsonProcessingException {
    Regexes regexes = new Regexes(100_000);
    Grammar.Builder builder = new Grammar.Builder(regexes, 10_000);
    JsonSchemaReader reader = new JsonSchemaReader(builder, SchemaOptions.DEFAULT);
    int one = reader.read(MAPPER.readTree("{\"type\":\"boolean\"}"));
    int any = reader.anyObject();
    int start = builder.rule();
    int equals = builder.terminal(Pattern.whole(regexes, Encoding.UTF_8, "=", ""));
    builder.produce(start, one, equals, any);
    CompiledGrammar grammar = Feeding.compile(builder.build(start));
    assertTrue(Feeding.accepts(grammar, "true={\"a\":[{}]}"));
    assertEquals(false, Feeding.accepts(grammar, "true=1"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'type':'array'};``",
        "{'type':'object','properties':{'a':{}},'required':['a']};/additionalProperties",
        "{'type':'object','properties':{'a':{}},'additionalProperties':false};/required",
        "{'type':'object','properties':{'a':{'allOf':[{}]}},'required':['a'],"
            + "'additionalProperties':false};/properties/a/allOf",
      })
  void strictSchemasAreWithinTheirSubset(String schema, String where) {
    SchemaOptions strict = new SchemaOptions(Whitespace.COMPACT, true, SchemaOptions.MOST_WORK);
    GrammarException e = assertThrows(GrammarException.class, () -> read(schema, strict));
    assertEquals("schema.unsupported", e.code());
    assertEquals(where, e.where());
    read(
        "{'type':'object','properties':{'a':{'type':['string','null']},"
            + "'b':{'anyOf':[{'$ref':'#'},{'type':'null'}]}},"
            + "'required':['a','b'],'additionalProperties':false}",
        strict);
  }

  @Test
  void strictSchemasNestTenLevels() {
    SchemaOptions strict = new SchemaOptions(Whitespace.COMPACT, true, SchemaOptions.MOST_WORK);
    String schema = "{'type':'null'}";
    for (int level = 1; level <= 11; level++) {
      schema =
          "{'type':'object','properties':{'a':"
              + schema
              + "},'required':['a'],'additionalProperties':false}";
      String now = schema;
      if (level <= 10) {
        read(now, strict);
      } else {
        assertThrows(GrammarException.class, () -> read(now, strict));
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "false;",
        "{'type':'integer','minimum':5,'maximum':3};/maximum",
        "{'properties':{'a':{'type':'string','minLength':5,'maxLength':3}},'required':['a'],"
            + "'type':'object'};/properties/a/maxLength",
        "{'type':'object','properties':{'a':false},'required':['a']};/properties/a",
        "{'type':'array','items':{'enum':['a'],'type':'integer'},'minItems':1};/items/type",
        "{'type':'array','items':{'type':'string'},'minItems':3,'maxItems':2};/maxItems",
        "{'enum':[]};/enum",
        "{'type':'string','const':1};/const",
        "{'allOf':[{'type':'string'},{'type':'integer'}]};/allOf",
        "{'allOf':[{'type':'string'},{'enum':[]}]};/allOf/1/enum",
        "{'$ref':'#/$defs/a','$defs':{'a':{'type':'object','properties':{'next':"
            + "{'$ref':'#/$defs/a'}},'required':['next']}}};/$defs/a/properties/next",
        "{'type':'object','properties':{'a':{'$ref':'#/$defs/n'}},'required':['a'],'$defs':{'n':"
            + "{'type':'array','items':{'$ref':'#/$defs/n'},'minItems':1}}};/$defs/n/items",
        "{'type':'object','properties':{'a':{'$ref':'#/$defs/n'}},'required':['a'],'$defs':{'n':"
            + "{'not':{}}}};/$defs/n/not",
      })
  void aSchemaWithoutValuesIsRefusedWithTheKeywordThatMakesItSo(String schema, String where) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> read(schema, SchemaOptions.DEFAULT));
    assertEquals("schema.invalid", e.code());
    assertEquals(where == null ? "" : where, e.where(), e.getMessage());
    assertTrue(e.getMessage().contains("no value is valid"), e.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{'properties':{'a':{'type':'array','items':{'type':'string','maxLength':9999},"
            + "'maxItems':200000}}};/properties/a",
        "{'properties':{'a':{'type':'string','pattern':'(((a{1000}){1000}){1000}){1000}',"
            + "'minLength':7}}};/properties/a/minLength",
        "{'properties':{'b':{},'a':{'type':'string','minLength':99999,'pattern':'(ab|.c)+$'}}};"
            + "/properties/a/minLength",
      })
  void whatTakesTooMuchIsRefusedWithItsPlace(String schema, String where) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> read(schema, SchemaOptions.DEFAULT));
    assertEquals("schema.too_complex", e.code());
    assertEquals(where, e.where(), e.getMessage());
    assertTrue(e.getMessage().contains(" at " + where), e.getMessage());
  }
}
