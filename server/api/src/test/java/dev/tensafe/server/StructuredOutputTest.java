package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Outputs of a given form and calls of tools, of a model that would say anything. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StructuredOutputTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String PERSON =
      "{'type':'object','properties':{'name':{'type':'string','maxLength':8},"
          + "'age':{'type':'integer','minimum':0,'maximum':150},"
          + "'tags':{'type':'array','items':{'enum':['a','bé']},'maxItems':3},"
          + "'of':{'anyOf':[{'type':'null'},{'const':7.5},{'type':'boolean'}]}},"
          + "'required':['name','age','tags','of'],'additionalProperties':false}";

  private static final String TOOLS =
      "[{'type':'function','function':{'name':'find','parameters':{'type':'object','properties':"
          + "{'what':{'type':'string','maxLength':6},'most':{'type':'integer','minimum':1,"
          + "'maximum':9}},'required':['what','most'],'additionalProperties':false}}},"
          + "{'type':'function','function':{'name':'stop'}}]";

  private TestServer server;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    server = TestServer.start(directory);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static ObjectNode body(String fields) throws Exception {
    return (ObjectNode)
        MAPPER.readTree(("{'model':'tiny','temperature':2," + fields + "}").replace('\'', '"'));
  }

  private static ObjectNode chat(String fields) throws Exception {
    return body("'messages':[{'role':'user','content':'a'}]," + fields);
  }

  private JsonNode answer(String path, ObjectNode body) throws Exception {
    HttpResponse<String> response = server.post(path, body.toString());
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body());
  }

  private JsonNode chatted(ObjectNode body) throws Exception {
    return answer("/v1/chat/completions", body).path("choices").path(0);
  }

  private List<JsonNode> chunks(ObjectNode body) throws Exception {
    String sent = body.deepCopy().put("stream", true).toString();
    HttpResponse<String> response = server.post("/v1/chat/completions", sent);
    assertEquals(200, response.statusCode(), response.body());
    List<JsonNode> out = new ArrayList<>();
    for (String line : response.body().split("\n")) {
      if (line.startsWith("data: {")) {
        out.add(MAPPER.readTree(line.substring(6)));
      }
    }
    return out;
  }

  private static List<String> errors(String schema, String json) throws Exception {
    return SchemaRegistry.withDialect(Dialects.getDraft202012())
        .getSchema(schema.replace('\'', '"'), InputFormat.JSON)
        .validate(json, InputFormat.JSON)
        .stream()
        .map(Object::toString)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'response_format':{'type':'json_schema','json_schema':{'name':'p','schema':S}}",
        "'response_format':{'type':'json_object','schema':S}",
        "'guided_json':S",
        "'json_schema':S",
        "'structured_outputs':{'json':S}",
        "'guided_json':S,'whitespace':'flexible'",
      })
  void everyOutputIsValid(String field) throws Exception {
    int ended = 0;
    for (int seed = 0; seed < 12; seed++) {
      String fields =
          field.replace("S", PERSON) + ",'n':2,'max_tokens':90,'top_p':0.9,'seed':" + seed;
      for (String path : new String[] {"/v1/chat/completions", "/v1/completions"}) {
        ObjectNode body =
            path.endsWith("chat/completions") ? chat(fields) : body("'prompt':'a'," + fields);
        for (JsonNode choice : answer(path, body).path("choices")) {
          String text = choice.path("text").asText(choice.at("/message/content").asText());
          if (choice.path("finish_reason").asText().equals("stop")) {
            assertEquals(List.of(), errors(PERSON, text), text);
            ended++;
          }
        }
      }
    }
    assertTrue(ended > 12, ended + " outputs of 48 ended");
  }

  @Test
  void anyObjectIsAnObject() throws Exception {
    int ended = 0;
    for (int seed = 0; seed < 20; seed++) {
      JsonNode choice =
          chatted(
              chat(
                  "'response_format':{'type':'json_object'},'max_tokens':120,'seed':"
                      + seed
                      + ",'logit_bias':{'125':8}")); // }
      String text = choice.at("/message/content").asText();
      assertTrue(text.startsWith("{"), text);
      if (choice.path("finish_reason").asText().equals("stop")) {
        assertTrue(MAPPER.readTree(text).isObject(), text);
        ended++;
      }
    }
    assertTrue(ended > 5, ended + " of 20 ended");
  }

  @Test
  void patternsChoicesAndGrammars() throws Exception {
    for (int seed = 0; seed < 8; seed++) {
      String rest = ",'max_tokens':60,'seed':" + seed;
      String regex = text("'guided_regex':'[a-c]{2,5}-\\\\d+x'" + rest);
      assertTrue(Pattern.matches("[a-c]{2,5}-\\d+x", regex), regex);
      String choice = text("'guided_choice':['yes','no','may be é']" + rest);
      assertTrue(List.of("yes", "no", "may be é").contains(choice), choice);
      String gbnf = text("'grammar':'root ::= (\\'[\\' root \\']\\') | \\'x\\''" + rest);
      assertTrue(Pattern.matches("\\[*x]*", gbnf), gbnf);
      assertEquals(gbnf.indexOf('x'), gbnf.length() - gbnf.indexOf('x') - 1, gbnf);
      String lark = text("'guided_grammar':'start: NUMBER+\\nNUMBER: /[0-9]/'" + rest);
      assertTrue(Pattern.matches("[0-9]+", lark), lark);
    }
  }

  /** The text of a completion that ended by itself. */
  private String text(String fields) throws Exception {
    ObjectNode body = (ObjectNode) MAPPER.readTree(raw(fields));
    body.put("model", "tiny").put("prompt", "a").put("temperature", 2);
    JsonNode choice = answer("/v1/completions", body).path("choices").path(0);
    assertNotNull(choice.path("finish_reason").asText());
    String text = choice.path("text").asText();
    return choice.path("finish_reason").asText().equals("stop") ? text : whole(fields, body);
  }

  /** Asks again with another seed: some outputs of long forms are cut. */
  private String whole(String fields, ObjectNode body) throws Exception {
    for (int seed = 1000; seed < 1200; seed++) {
      JsonNode choice = answer("/v1/completions", body.put("seed", seed)).path("choices").path(0);
      if (choice.path("finish_reason").asText().equals("stop")) {
        return choice.path("text").asText();
      }
    }
    throw new AssertionError("no output ends: " + fields);
  }

  private static String raw(String fields) {
    String quote = "\u0001";
    return ("{" + fields + "}").replace("\\'", quote).replace('\'', '"').replace(quote, "\\\"");
  }

  @Test
  void requiredCallsAreCallsWithValidArguments() throws Exception {
    String find = MAPPER.readTree(TOOLS.replace('\'', '"')).at("/0/function/parameters").toString();
    int found = 0;
    for (int seed = 0; seed < 60; seed++) {
      JsonNode choice =
          chatted(
              chat(
                  "'tools':"
                      + TOOLS
                      + ",'tool_choice':'required','max_tokens':150,'seed':"
                      + seed));
      if (!choice.path("finish_reason").asText().equals("tool_calls")) {
        assertEquals("length", choice.path("finish_reason").asText());
        continue;
      }
      assertTrue(choice.at("/message/content").isNull(), choice.toString());
      for (JsonNode call : choice.at("/message/tool_calls")) {
        String arguments = call.at("/function/arguments").asText();
        assertTrue(call.path("id").asText().startsWith("call_"), call.toString());
        if (call.at("/function/name").asText().equals("find")) {
          assertEquals(List.of(), errors(find, arguments), arguments);
          found++;
        } else {
          assertTrue(MAPPER.readTree(arguments).isObject(), arguments);
        }
      }
    }
    assertTrue(found > 1, found + " calls of 'find'");
  }

  @Test
  void streamedCallsAreThoseOfTheWholeAnswer() throws Exception {
    for (int seed = 0; seed < 10; seed++) {
      ObjectNode body =
          chat("'tools':" + TOOLS + ",'tool_choice':'required','max_tokens':150,'seed':" + seed);
      JsonNode whole = chatted(body);
      List<StringBuilder> arguments = new ArrayList<>();
      List<String> names = new ArrayList<>();
      StringBuilder content = new StringBuilder();
      String reason = "";
      for (JsonNode chunk : chunks(body)) {
        JsonNode choice = chunk.path("choices").path(0);
        content.append(choice.at("/delta/content").asText(""));
        JsonNode call = choice.at("/delta/tool_calls/0");
        if (call.has("id")) {
          assertEquals(arguments.size(), call.path("index").intValue());
          assertEquals("", call.at("/function/arguments").asText("none"));
          arguments.add(new StringBuilder());
          names.add(call.at("/function/name").asText());
        } else if (!call.isMissingNode()) {
          arguments
              .get(call.path("index").intValue())
              .append(call.at("/function/arguments").asText());
        }
        reason = choice.path("finish_reason").asText(reason);
      }
      assertEquals(whole.path("finish_reason").asText(), reason);
      assertEquals(whole.at("/message/content").asText(""), content.toString());
      JsonNode calls = whole.at("/message/tool_calls");
      assertEquals(calls.size(), names.size());
      for (int i = 0; i < names.size(); i++) {
        assertEquals(calls.path(i).at("/function/name").asText(), names.get(i));
        assertEquals(calls.path(i).at("/function/arguments").asText(), arguments.get(i) + "");
      }
    }
  }

  @Test
  void oneToolCanBeAskedForAndNoneCanBe() throws Exception {
    String tools = "'tools':" + TOOLS + ",'max_tokens':200,";
    JsonNode named =
        chatted(
            chat(
                tools
                    + "'tool_choice':{'type':'function','function':{'name':'stop'}},"
                    + "'parallel_tool_calls':false,'seed':3,'logit_bias':{'125':9}"));
    assertEquals("stop", named.at("/message/tool_calls/0/function/name").asText());
    assertTrue(named.at("/message/tool_calls").size() <= 1, named.toString());
    JsonNode none = chatted(chat(tools + "'tool_choice':'none','seed':3,'temperature':1"));
    assertFalse(none.path("message").has("tool_calls"), none.toString());
  }

  @Test
  void functionsAreAnsweredInTheirOwnForm() throws Exception {
    JsonNode choice =
        chatted(
            chat(
                "'functions':[{'name':'go'}],'function_call':{'name':'go'},'max_tokens':200,"
                    + "'seed':5,'logit_bias':{'125':9}"));
    assertEquals("go", choice.at("/message/function_call/name").asText());
    assertFalse(choice.path("message").has("tool_calls"), choice.toString());
  }

  @Test
  void anOutputThatAStopStringCutIsNotWhole() throws Exception {
    JsonNode cut =
        chatted(chat("'guided_regex':'[ab]{9}','stop':['a','b'],'max_tokens':20,'seed':1"));
    assertEquals("length", cut.path("finish_reason").asText());
    assertEquals("", cut.at("/message/content").asText());
    JsonNode called =
        chatted(
            chat("'tools':" + TOOLS + ",'tool_choice':'required','stop':['{'],'max_tokens':20"));
    assertEquals("length", called.path("finish_reason").asText());
    assertFalse(called.path("message").has("tool_calls"), called.toString());
  }

  @Test
  void aBracketThatWouldCloseAClassAtOnceIsInIt() throws Exception {
    for (int seed = 0; seed < 5; seed++) {
      String rest = ",'max_tokens':9,'seed':" + seed;
      assertTrue(Pattern.matches("[\\]a]{3}", text("'guided_regex':'[]a]{3}'" + rest)));
      assertTrue(Pattern.matches("[\\]-_]{3}", text("'guided_regex':'[]-_]{3}'" + rest)));
    }
  }

  @Test
  void aFormThatTakesLongKeepsNobodyElseWaiting() throws Exception {
    StringBuilder many = new StringBuilder("{'oneOf':[");
    for (int i = 0; i < 60; i++) {
      many.append(i == 0 ? "" : ",")
          .append("{'type':'object','properties':{'a':{'type':'string','pattern':'^.*")
          .append((char) ('a' + i % 26))
          .append(".{9}$'},'k")
          .append(i)
          .append("':{'type':'integer'}}}");
    }
    String slow = body("'prompt':'a','max_tokens':1,'guided_json':" + many + "]}").toString();
    List<CompletableFuture<Integer>> refused = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      refused.add(
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.post("/v1/completions", slow).statusCode();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    answer("/v1/completions", body("'prompt':'a','max_tokens':1"));
    assertTrue(refused.stream().anyMatch(f -> !f.isDone()), "a request without a form is first");
    for (var answer : refused) {
      assertTrue(List.of(400, 429).contains(answer.join()), "refused");
    }
  }

  @Test
  void logprobsAreThoseOfTheModelAlone() throws Exception {
    ObjectNode body =
        chat("'guided_choice':['qqqq'],'max_tokens':1,'logprobs':true,'top_logprobs':3,'seed':1");
    JsonNode forced = chatted(body).at("/logprobs/content/0");
    assertTrue(forced.path("logprob").doubleValue() < -0.5, forced.toString());
    body.remove("guided_choice");
    JsonNode free = chatted(body).at("/logprobs/content/0");
    assertEquals(free.path("top_logprobs"), forced.path("top_logprobs"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'guided_json':{'type':'strin'}|guided_json|invalid_value",
        "'guided_json':{'type':'array','maxItems':1e999}|guided_json|invalid_value",
        "'tools':[{'type':'function','function':{'name':'f'}}]|tools|unsupported_parameter",
        "'tool_choice':'required'|tool_choice|unsupported_parameter",
        "'guided_regex':'('|guided_regex|invalid_value",
        "'guided_regex':'(?=a)b\\\\b'|guided_regex|unsupported_form",
        "'grammar':'root ::= [a'|grammar|invalid_value",
        "'grammar':'root ::= nowhere'|grammar|invalid_value",
        "'guided_json':{'type':'string','not':{'pattern':'(a)\\\\1'}}|guided_json|unsupported_form",
        "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':{'$ref':'http://x.y'}}}"
            + "|response_format.json_schema.schema|unsupported_form",
      })
  void whatCannotBeEnforcedIsRefused(String field, String param, String code) throws Exception {
    String fields =
        "{" + field.replace('\'', '"') + ",\"model\":\"tiny\",\"prompt\":\"a\",\"max_tokens\":4}";
    HttpResponse<String> response = server.post("/v1/completions", fields);
    assertEquals(400, response.statusCode(), response.body());
    JsonNode error = MAPPER.readTree(response.body()).path("error");
    assertEquals(param, error.path("param").asText(), response.body());
    assertEquals(code, error.path("code").asText(), response.body());
  }
}
