package dev.tensafe.server.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What grammars let through is what the reader of answers makes calls of, with valid arguments. */
class ToolGrammarTest {
  private static final Set<String> NO_SPECIALS = Set.of();

  private static final List<Tool> TOOLS =
      List.of(
          tool(
              "get_weather",
              "{'type': 'object', 'properties': {'city': {'type': 'string', 'minLength': 1},"
                  + " 'days': {'type': 'integer', 'minimum': 1, 'maximum': 14},"
                  + " 'unit': {'enum': ['C', 'F', null]}, 'on': {'type': 'string', 'format': 'date'}},"
                  + " 'required': ['city']}"),
          tool(
              "get",
              "{'type': 'object', 'properties': {'code': {'type': 'string', 'pattern':"
                  + " '^[A-Z]{2}[0-9]*$'}, 'tree': {'$ref': '#/$defs/tree'}, 'ok': {'type':"
                  + " 'boolean'}, 'note': {'anyOf': [{'type': 'string', 'maxLength': 5}, {'type':"
                  + " 'null'}]}}, 'required': ['ok', 'code'], '$defs': {'tree': {'type': 'object',"
                  + " 'properties': {'name': {'type': 'string'}, 'children': {'type': 'array',"
                  + " 'items': {'$ref': '#/$defs/tree'}, 'maxItems': 2}}, 'required': ['name'],"
                  + " 'additionalProperties': false}}}"),
          tool("now", "{'type': 'object', 'properties': {}}"));

  private static Tool tool(String name, String schema) {
    return Tool.of(name, null, ReadAnswer.json(schema.replace('\'', '"')), null, "tool");
  }

  private static ToolRequest request(ToolChoice.Mode mode, boolean parallel, String... names) {
    return new ToolRequest(TOOLS, new ToolChoice(mode, Set.of(names)), parallel, false);
  }

  private static ToolFormat format(String flag) {
    return ToolFormats.named(flag).orElseThrow();
  }

  private static boolean isWhole(
      String flag, ToolRequest request, Thinking thinking, Set<String> specials, String text) {
    ByteVocabulary vocabulary = new ByteVocabulary(specials);
    Matcher matcher = vocabulary.matcher(format(flag), request, thinking);
    return vocabulary.follow(matcher, text) && matcher.mayEnd();
  }

  private static boolean isWhole(String flag, ToolRequest request, String text) {
    return isWhole(flag, request, Thinking.NONE, NO_SPECIALS, text);
  }

  /** One call, and two, as each format writes them. */
  private static List<String> spelt(String flag) {
    return switch (flag) {
      case "hermes" -> {
        String one = "<tool_call>\n{\"name\": \"now\", \"arguments\": {}}\n</tool_call>";
        yield List.of(one, one + "\n" + one);
      }
      case "llama3_json" -> List.of("{\"name\": \"now\", \"parameters\": {}}");
      case "mistral" ->
          List.of(
              "[TOOL_CALLS][{\"name\": \"now\", \"arguments\": {}}]",
              "[TOOL_CALLS] [{\"name\": \"now\", \"arguments\": {}}, {\"name\": \"get_weather\","
                  + " \"arguments\": {\"city\": \"Z\u00fcrich\", \"days\": 3}}]");
      case "mistral_args" ->
          List.of("[TOOL_CALLS]now[ARGS]{}", "[TOOL_CALLS]now[ARGS]{}[TOOL_CALLS]now[ARGS]{}");
      case "qwen3_coder", "qwen3_xml" -> {
        String one =
            "<tool_call>\n<function=get_weather>\n<parameter=city>\nNew\nYork </par\n</parameter>\n"
                + "<parameter=days>\n3\n</parameter>\n</function>\n</tool_call>";
        yield List.of(one, one + one);
      }
      case "pythonic" ->
          List.of("[get(code=\"AB1\", ok=True)]", "[now(), get_weather(city=\"x\", days=2)]");
      case "lfm2" ->
          List.of(
              "<|tool_call_start|>[now()]<|tool_call_end|>",
              "<|tool_call_start|>[now(), now()]<|tool_call_end|>");
      default ->
          List.of(
              "{\"tool_calls\": [{\"name\": \"now\", \"arguments\": {}}]}",
              "{\"tool_calls\": [{\"name\": \"now\", \"arguments\": {}},"
                  + " {\"name\":\"now\",\"arguments\":{}}]}");
    };
  }

  @Test
  void callsMayBeWrittenAsTheFormatHasThem() {
    for (String flag : ToolFormats.flags()) {
      for (String text : spelt(flag)) {
        assertTrue(isWhole(flag, request(ToolChoice.Mode.REQUIRED, true), text), text);
        assertTrue(
            isWhole(flag, request(ToolChoice.Mode.AUTO, true), "Let me see.\n" + text), text);
        Set<String> specials = Set.copyOf(format(flag).markers());
        assertTrue(
            isWhole(flag, request(ToolChoice.Mode.REQUIRED, true), Thinking.NONE, specials, text),
            text);
        boolean second = text.equals(spelt(flag).get(spelt(flag).size() - 1));
        boolean one = !second || flag.equals("llama3_json");
        assertEquals(one, isWhole(flag, request(ToolChoice.Mode.REQUIRED, false), text), text);
        String other = text.contains("now") ? "get" : "now";
        assertFalse(isWhole(flag, request(ToolChoice.Mode.REQUIRED, true, other), text), text);
      }
    }
  }

  @Test
  void textIsFreeUntilACallBegins() {
    List<String> free =
        List.of("", "Hello", "5 < 6 {\"a\": [1]} [x] <b> \ud83d\ude00\n", "{\"name\": \"Bob\"}");
    for (String flag : ToolFormats.flags()) {
      ByteVocabulary vocabulary = new ByteVocabulary(NO_SPECIALS);
      for (String text : free) {
        assertTrue(isWhole(flag, request(ToolChoice.Mode.AUTO, true), text), flag + text);
        assertFalse(isWhole(flag, request(ToolChoice.Mode.REQUIRED, true), text), flag + text);
      }
      for (String call : spelt(flag)) {
        Matcher matcher =
            vocabulary.matcher(format(flag), request(ToolChoice.Mode.AUTO, true), Thinking.NONE);
        assertTrue(vocabulary.follow(matcher, call.substring(0, call.length() - 1)));
        // within a call there is no end, and behind it no text
        assertFalse(matcher.mayEnd(), call);
        assertTrue(vocabulary.follow(matcher, call.substring(call.length() - 1)));
        assertTrue(matcher.mayEnd(), call);
        assertFalse(vocabulary.follow(matcher, "x"), call);
      }
    }
  }

  @Test
  void thoughtsComeFirst() {
    String call = spelt("hermes").get(0);
    ToolRequest required = request(ToolChoice.Mode.REQUIRED, true);
    ToolRequest auto = request(ToolChoice.Mode.AUTO, true);
    String thought = "hm <tool_call> </think\n</think>\n\n";
    for (Set<String> specials : List.of(NO_SPECIALS, Set.copyOf(Thinking.MARKERS))) {
      for (ToolRequest request : List.of(required, auto)) {
        assertTrue(isWhole("hermes", request, Thinking.OPENED, specials, thought + call));
        assertFalse(isWhole("hermes", request, Thinking.OPENED, specials, call));
        String both = "<think>" + thought + call;
        assertTrue(isWhole("hermes", request, Thinking.POSSIBLE, specials, both));
        assertTrue(isWhole("hermes", request, Thinking.POSSIBLE, specials, call));
        assertFalse(isWhole("hermes", request, Thinking.POSSIBLE, specials, "<think>a" + call));
      }
      assertFalse(isWhole("hermes", required, Thinking.NONE, specials, "<think>" + thought + call));
    }
    assertFalse(isWhole("hermes", auto, Thinking.POSSIBLE, NO_SPECIALS, " \n<think> never closed"));
    Grammar.Builder builder = new Grammar.Builder(new Regexes(10_000), 10_000);
    int form = builder.terminal(Pattern.whole(builder.regexes(), Encoding.UTF_8, "[0-9]+", ""));
    int start = ToolGrammar.behindThoughts(builder, form, Thinking.POSSIBLE, NO_SPECIALS);
    ByteVocabulary vocabulary = new ByteVocabulary(NO_SPECIALS);
    Grammar grammar = builder.build(start);
    for (String text : List.of("12", "<think>\nmm\n</think>\n\n12")) {
      Matcher matcher = vocabulary.matcher(grammar);
      assertTrue(vocabulary.follow(matcher, text) && matcher.mayEnd(), text);
    }
  }

  /** Random answers of every format are read as calls with valid arguments, and nothing else. */
  @Test
  void randomAnswersHaveValidCalls() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("ToolGrammarTest seed " + seed);
    Random random = new Random(seed);
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    ObjectMapper mapper = new ObjectMapper();
    for (String flag : ToolFormats.flags()) {
      int whole = 0;
      List<String> specials = new ArrayList<>(format(flag).markers());
      specials.removeIf(name -> random.nextBoolean());
      ByteVocabulary vocabulary = new ByteVocabulary(Set.copyOf(specials));
      boolean parallel = random.nextBoolean();
      Matcher matcher =
          vocabulary.matcher(
              format(flag), request(ToolChoice.Mode.REQUIRED, parallel), Thinking.POSSIBLE);
      for (int i = 0; i < 40; i++) {
        matcher.rollBack(matcher.tokens());
        String text = vocabulary.sample(matcher, random);
        if (text == null) {
          continue;
        }
        whole++;
        AnswerParser parser = new AnswerParser(format(flag), TOOLS, Thinking.POSSIBLE, () -> "id");
        List<AnswerEvent> events = new ArrayList<>(parser.feed(text));
        events.addAll(parser.end());
        ReadAnswer read = ReadAnswer.of(events);
        assertEquals("", read.content(), flag + ": " + text);
        assertTrue(parallel ? !read.calls().isEmpty() : read.calls().size() == 1, text);
        for (ReadAnswer.Call call : read.calls()) {
          Tool tool =
              TOOLS.stream().filter(t -> t.name().equals(call.name())).findFirst().orElseThrow();
          mapper.readTree(call.arguments());
          var problems =
              registry
                  .getSchema(tool.parameters())
                  .validate(
                      call.arguments(),
                      InputFormat.JSON,
                      context ->
                          context.executionConfig(config -> config.formatAssertionsEnabled(true)));
          assertTrue(problems.isEmpty(), flag + ": " + text + " " + problems);
        }
      }
      int ended = whole;
      assertTrue(whole >= 20, () -> flag + ": " + ended + " of 40 came to an end");
    }
  }

  @Test
  void whatCannotBeEnforcedIsNamed() {
    Tool bad =
        tool(
            "bad",
            "{'type': 'object', 'properties': {'a': {'type': 'string', 'pattern': '(?<=x)y'}}}");
    ToolRequest request =
        new ToolRequest(
            List.of(TOOLS.get(0), bad),
            new ToolChoice(ToolChoice.Mode.AUTO, Set.of()),
            true,
            false);
    for (String flag : ToolFormats.flags()) {
      GrammarException e =
          assertThrows(
              GrammarException.class,
              () -> new ByteVocabulary(NO_SPECIALS).matcher(format(flag), request, Thinking.NONE));
      assertEquals("tools[1].function.parameters/properties/a/pattern", e.where(), flag);
      assertTrue(e.description().startsWith("tool 'bad': "), e.description());
    }
    Tool whole = tool("whole", "{'type': 'object', 'properties': {'a': {}}, 'minProperties': 1}");
    ToolRequest functions =
        new ToolRequest(
            List.of(whole), new ToolChoice(ToolChoice.Mode.AUTO, Set.of()), false, true);
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () ->
                new ByteVocabulary(NO_SPECIALS)
                    .matcher(format("qwen3_coder"), functions, Thinking.NONE));
    assertEquals("functions[0].parameters/minProperties", e.where());
  }

  @Test
  void aToolThatNothingCanCallIsNamed() {
    Tool never =
        tool(
            "never",
            "{'type': 'object', 'properties': {'a': {'type': 'integer', 'minimum': 2,"
                + " 'maximum': 1}, 'b': {'not': {}}}, 'required': ['a']}");
    Tool left =
        tool("left", "{'type': 'object', 'properties': {'a': {'enum': [1], 'type': 'null'}}}");
    for (String flag : ToolFormats.flags()) {
      for (ToolChoice.Mode mode : List.of(ToolChoice.Mode.AUTO, ToolChoice.Mode.REQUIRED)) {
        ToolRequest request =
            new ToolRequest(
                List.of(TOOLS.get(0), left, never), new ToolChoice(mode, Set.of()), true, false);
        GrammarException e =
            assertThrows(
                GrammarException.class,
                () ->
                    new ByteVocabulary(NO_SPECIALS).matcher(format(flag), request, Thinking.NONE));
        assertEquals("tools[2].function.parameters/properties/a/maximum", e.where(), flag);
        assertTrue(e.description().startsWith("tool 'never': "), e.description());
      }
    }
  }

  /** Else a weak model that must call writes white space until it is cut. */
  @Test
  void jsonHasNoMoreWhiteSpaceThanModelsWrite() {
    for (String flag : List.of("json", "llama3_json", "hermes", "mistral")) {
      ToolRequest compact = request(ToolChoice.Mode.REQUIRED, true);
      ToolRequest flexible = new ToolRequest(compact.tools(), compact.choice(), true, false, true);
      String call = spelt(flag).get(0);
      assertTrue(isWhole(flag, compact, call), call);
      assertFalse(isWhole(flag, compact, call.replace("{}", "{ }")), flag);
      assertFalse(isWhole(flag, compact, call.replace("{}", "{\n}")), flag);
      assertTrue(isWhole(flag, flexible, call.replace("{}", "{\n  }")), flag);
      if (flag.endsWith("json")) {
        assertFalse(isWhole(flag, compact, call.replace(": ", ":  ")), flag);
        assertFalse(isWhole(flag, compact, call.replace(": ", ":\n")), flag);
        assertTrue(isWhole(flag, compact, call.replace(": ", ":")), flag);
        assertTrue(isWhole(flag, flexible, call.replace(": ", ":\n ")), flag);
      }
    }
  }
}
