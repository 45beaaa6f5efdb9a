package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.anthropic.AnthropicRequest;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.server.openai.ChatRequest;
import dev.tensafe.server.openai.CompletionRequest;
import dev.tensafe.server.openai.DetokenizeRequest;
import dev.tensafe.server.openai.TokenizeRequest;
import dev.tensafe.server.responses.ResponsesRequest;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Request schemas name the fields that the parsers read, and refuse what the parsers refuse. */
class OpenApiFieldsTest {
  private static final ApiSpec SPEC = ApiSpec.read("openapi.yaml");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** No token id of the cases is as large; that ids are below it, no schema can say. */
  private static final int VOCABULARY = Integer.MAX_VALUE;

  /**
   * The routes with a JSON body. A base is a valid body that other fields can be added to one by
   * one: fields that need another one have it there.
   */
  enum Route {
    CHAT(
        "ChatRequest",
        "{'model':'m','messages':[{'role':'assistant','content':'a'}],'stream':true,'logprobs':true}",
        body -> ChatRequest.parse(body, VOCABULARY)),
    COMPLETION(
        "CompletionRequest",
        "{'model':'m','prompt':'a','stream':true,'echo':true,'max_tokens':268435456}",
        body -> CompletionRequest.parse(body, VOCABULARY)),
    TOKENIZE("TokenizeRequest", "{'prompt':'a'}", TokenizeRequest::parse),
    TOKENIZE_CHAT(
        "TokenizeRequest",
        "{'messages':[{'role':'assistant','content':'a'}]}",
        TokenizeRequest::parse),
    MESSAGES(
        "MessagesRequest",
        "{'model':'m','max_tokens':9,'messages':[{'role':'user','content':'a'}]}",
        body -> AnthropicRequest.parse(body, VOCABULARY)),
    COUNT_TOKENS(
        "CountTokensRequest",
        "{'model':'m','messages':[{'role':'user','content':'a'}]}",
        body -> AnthropicRequest.parseCount(body, VOCABULARY)),
    RESPONSES(
        "ResponsesRequest",
        "{'model':'m','input':'a','stream':true}",
        body -> ResponsesRequest.parse(body, VOCABULARY)),
    DETOKENIZE("DetokenizeRequest", "{'tokens':[]}", b -> DetokenizeRequest.parse(b, VOCABULARY));

    private final String schema;
    private final String base;
    private final Consumer<JsonNode> parser;

    Route(String schema, String base, Consumer<JsonNode> parser) {
      this.schema = "/components/schemas/" + schema;
      this.base = base.replace('\'', '"');
      this.parser = parser;
    }

    ObjectNode base() throws IOException {
      return (ObjectNode) MAPPER.readTree(base);
    }

    Map<String, List<String>> properties() {
      return SPEC.properties(schema);
    }

    boolean takes(JsonNode body) {
      try {
        parser.accept(body);
        return true;
      } catch (ApiException e) {
        assertEquals(400, e.status());
        return false;
      }
    }
  }

  private static JsonNode example(List<String> pointers) {
    for (String pointer : pointers) {
      JsonNode examples = SPEC.at(pointer).path("examples");
      if (!examples.isEmpty()) {
        return examples.get(0);
      }
    }
    throw new AssertionError("no example at any of " + pointers);
  }

  /** A body with the example of every field. */
  private static ObjectNode full(Route route) throws IOException {
    ObjectNode body = MAPPER.createObjectNode();
    route.properties().forEach((name, pointers) -> body.set(name, example(pointers)));
    return body;
  }

  @ParameterizedTest
  @EnumSource
  void everyFieldThatIsReadIsDocumentedAndViceVersa(Route route) throws Exception {
    Set<String> read = new TreeSet<>();
    List<ObjectNode> bodies = new ArrayList<>(List.of(route.base(), full(route)));
    for (String name : route.properties().keySet()) {
      // a field that hides another one is left out once
      bodies.add(full(route).without(name));
    }
    bodies.forEach(body -> route.takes(RecordingNode.of(body, read)));
    Set<String> top = new TreeSet<>(read);
    top.removeIf(name -> name.matches(".*[.\\[].*"));
    assertEquals(route.properties().keySet(), top);
    assertTrue(route.takes(full(route)), "the examples together");
    assertEquals(List.of(), SPEC.errors(route.schema, full(route)));
    for (String name : read) {
      if (name.matches(".*[.\\[].*") && !name.endsWith("*")) {
        String[] parts = name.split("\\[\\]\\.|\\.");
        assertTrue(documents(route.properties().get(parts[0]), parts[1]), name);
      }
    }
  }

  /** Whether any schema at or below some pointers has a property. */
  private static boolean documents(List<String> pointers, String property) {
    Set<String> names = new TreeSet<>();
    pointers.forEach(p -> collect(SPEC.at(p), names));
    return names.contains(property);
  }

  private static void collect(JsonNode node, Set<String> names) {
    if (node.has("$ref")) {
      collect(SPEC.at(node.path("$ref").asText().substring(1)), names);
    }
    node.path("properties").fieldNames().forEachRemaining(names::add);
    node.forEach(child -> collect(child, names));
  }

  /** Values around every bound of a field, and values of every type. */
  private static Set<String> values(List<String> pointers) {
    Set<String> out =
        new TreeSet<>(
            List.of(
                "null",
                "true",
                "false",
                "0",
                "1",
                "-1",
                "2",
                "0.5",
                "1e300",
                "''",
                "'a'",
                "'none'",
                "'text'",
                "[]",
                "[1]",
                "[-1]",
                "[0.5]",
                "['a']",
                "['']",
                "[null]",
                "[[]]",
                "[[1]]",
                "['a',[1]]",
                "['a',1]",
                "[1,'a']",
                "['a','b','c','d']",
                "['a','b','c','d','e']",
                "{}",
                "{'1':1}",
                "{'x':1}",
                "{'1':101}",
                "{'1':-100}",
                "{'1':'a'}",
                "{'1234567890':1}",
                "{'type':'text'}",
                "{'type':'json_object'}",
                "{'type':1}",
                "{'include_usage':true}",
                "{'include_usage':null}",
                "{'include_usage':1}",
                "[{}]",
                "[{'role':'user','content':'a'}]",
                "[{'role':'user'}]",
                "[{'role':'assistant'}]",
                "[{'role':'assistant','content':null}]",
                "[{'role':'wizard','content':'a'}]",
                "[{'role':'tool','content':null}]",
                "[{'role':'system','content':[]}]",
                "[{'role':'user','content':[{'type':'text','text':'a'}]}]",
                "[{'role':'user','content':[{'type':'text'}]}]",
                "[{'role':'user','content':[{'type':'image_url','text':'a'}]}]",
                "[{'role':'assistant','content':7}]",
                "[{'role':'developer','content':'a','x':1}]",
                "[{'role':'function','name':'f','content':'a'}]",
                "[{'role':'function','name':'f'}]",
                "[{'role':'assistant','refusal':'no'}]",
                "[{'role':'assistant','content':[{'type':'refusal','refusal':'no'}]}]",
                "[{'role':'user','content':[{'type':'refusal','refusal':'no'}]}]",
                "[{'role':'assistant','tool_calls':[]}]",
                "[{'role':'assistant','tool_calls':{}}]",
                "[{'role':'assistant','tool_calls':[1]}]",
                "[{'role':'assistant','tool_calls':[{'function':1}]}]",
                "[{'role':'assistant','tool_calls':[{'function':{'name':'f','arguments':null}}]}]",
                "[{'role':'assistant','function_call':{'name':'f','arguments':'{}'}}]",
                "[{'role':'assistant','function_call':'f'}]",
                "{'enable_thinking':false}",
                "{'messages':1}",
                "{'range':1}"));
    for (String pointer : pointers) {
      for (String bound : List.of("minimum", "maximum")) {
        JsonNode value = SPEC.at(pointer).path(bound);
        if (value.isNumber()) {
          BigDecimal number = value.decimalValue();
          BigDecimal step = value.isIntegralNumber() ? BigDecimal.ONE : new BigDecimal("0.001");
          for (BigDecimal n : List.of(number, number.add(step), number.subtract(step))) {
            out.add(n.toPlainString());
          }
        }
      }
    }
    return out;
  }

  @ParameterizedTest
  @EnumSource
  void theSchemaRefusesWhatTheParserRefuses(Route route) throws Exception {
    List<String> differences = new ArrayList<>();
    int taken = 0;
    int refused = 0;
    for (Map.Entry<String, List<String>> property : route.properties().entrySet()) {
      String name = property.getKey();
      for (String text : values(property.getValue())) {
        ObjectNode body = route.base();
        if (name.equals("function_call")) {
          body.putArray("functions").addObject().put("name", "f");
        }
        if (name.equals("tool_choice") && route == Route.CHAT) {
          ObjectNode tool = body.putArray("tools").addObject().put("type", "function");
          tool.putObject("function").put("name", "f");
        }
        body.set(name, MAPPER.readTree(text.replace('\'', '"')));
        if (contradicts(body) || ignored(name, body)) {
          continue;
        }
        boolean takes = route.takes(body);
        List<String> errors = SPEC.errors(route.schema, body);
        if (takes != errors.isEmpty()) {
          differences.add(name + " " + text + ": parser " + takes + ", schema " + errors);
        }
        taken += takes ? 1 : 0;
        refused += takes ? 0 : 1;
      }
    }
    assertEquals(List.of(), differences);
    assertTrue(taken > 1 && refused > 10, taken + " taken, " + refused + " refused");
  }

  /** What descriptions say and schemas cannot: fields that contradict each other. */
  private static boolean contradicts(JsonNode body) {
    return !body.at("/messages/0/tool_calls").isEmpty()
        || !body.path("stream").asBoolean() && body.hasNonNull("stream_options")
        || body.path("best_of").asLong(1) != body.path("n").asLong(1);
  }

  private static final Set<String> CHAT_ONLY =
      Set.of(
          "add_generation_prompt",
          "chat_template_kwargs",
          "tools",
          "tool_choice",
          "parallel_tool_calls",
          "functions",
          "function_call",
          "documents",
          "chat_template",
          "continue_final_message");

  /** Fields of {@code /tokenize} that go with messages only, or with a prompt only. */
  private static boolean ignored(String name, JsonNode body) {
    return body.hasNonNull("messages")
        ? Set.of("prompt", "add_special_tokens").contains(name)
        : CHAT_ONLY.contains(name);
  }

  @ParameterizedTest
  @EnumSource
  void aRequiredFieldIsRequired(Route route) throws Exception {
    for (String name : List.of("model", "messages", "prompt", "tokens", "input")) {
      ObjectNode body = route.base();
      if (body.remove(name) != null) {
        assertTrue(!route.takes(body), name);
        assertTrue(!SPEC.errors(route.schema, body).isEmpty(), name);
      }
    }
  }

  /** Defaults of the document are what an absent field means. */
  @ParameterizedTest
  @EnumSource(names = {"CHAT", "COMPLETION"})
  void anAbsentFieldIsItsDefault(Route route) throws Exception {
    int checked = 0;
    for (Map.Entry<String, List<String>> property : route.properties().entrySet()) {
      for (String pointer : property.getValue()) {
        JsonNode value = SPEC.at(pointer).path("default");
        ObjectNode without = route.base().without(property.getKey());
        if (value.isMissingNode() || property.getKey().startsWith("max_")) {
          continue;
        }
        ObjectNode with = without.deepCopy();
        with.set(property.getKey(), value);
        assertEquals(parsed(route, without), parsed(route, with), property.getKey());
        checked++;
      }
    }
    assertTrue(checked > 10, checked + " defaults");
  }

  private static Object parsed(Route route, JsonNode body) {
    return route == Route.CHAT
        ? ChatRequest.parse(body, VOCABULARY).inference()
        : CompletionRequest.parse(body, VOCABULARY).inference();
  }
}
