package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.server.config.ApiKeyFile;
import dev.tensafe.server.config.ApiKeys.Scope;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Anthropic's Messages API on a real socket, next to chat completions of the same model. */
class AnthropicMessagesTest {
  private static final String MESSAGES = "/v1/messages";
  private static final String COUNT = "/v1/messages/count_tokens";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static final String WEATHER =
      "{'name':'weather','description':'Weather of a city.','input_schema':{'type':'object',"
          + "'properties':{'city':{'enum':['Bern','Rom']}},'required':['city'],"
          + "'additionalProperties':false}}";

  private static TestServer server;

  @BeforeAll
  static void start(@TempDir Path dir) throws Exception {
    server = TestServer.of(ToolModel.write(dir.resolve("model")), null);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** A body that begins with the model; single quotes stand for double ones. */
  private static String body(String fields) {
    return ("{'model':'tiny'," + fields + "}").replace('\'', '"');
  }

  private static JsonNode ok(String path, String fields) throws Exception {
    HttpResponse<String> answer =
        server.post(path, body(fields), "x-api-key", "any", "anthropic-version", "2023-06-01");
    assertEquals(200, answer.statusCode(), answer.body());
    return MAPPER.readTree(answer.body());
  }

  private static NamedEvents stream(String fields) throws Exception {
    HttpResponse<String> answer = server.post(MESSAGES, body(fields + ",'stream':true"));
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(
        answer.headers().firstValue("content-type").orElse("").startsWith("text/event-stream"));
    return NamedEvents.read(answer.body());
  }

  private static String chat(String fields) throws Exception {
    JsonNode answer = ok("/v1/chat/completions", fields);
    return answer.at("/choices/0/message/content").asText();
  }

  private static String text(JsonNode message) {
    StringBuilder out = new StringBuilder();
    message.path("content").forEach(block -> out.append(block.path("text").asText()));
    return out.toString();
  }

  @Test
  void aMessageHasWhatAnthropicsHave() throws Exception {
    JsonNode message =
        ok(MESSAGES, "'messages':[{'role':'user','content':'a'}],'max_tokens':9,'seed':1");
    assertTrue(message.path("id").asText().startsWith("msg_"));
    assertEquals("message", message.path("type").asText());
    assertEquals("assistant", message.path("role").asText());
    assertEquals("tiny", message.path("model").asText());
    assertEquals("text", message.at("/content/0/type").asText());
    assertEquals("max_tokens", message.path("stop_reason").asText());
    assertTrue(message.path("stop_sequence").isNull());
    assertEquals(9, message.at("/usage/output_tokens").asInt());
    assertEquals("base", message.at("/tensafe/mode").asText());
  }

  /** Every row: a body here, and the chat request that means the same. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'messages':[{'role':'user','content':'hi'}]|'messages':[{'role':'user','content':'hi'}]",
        "'messages':[{'role':'user','content':[{'type':'text','text':'hi'}]}]"
            + "|'messages':[{'role':'user','content':'hi'}]",
        "'system':'Be brief.','messages':[{'role':'user','content':'hi'}]"
            + "|'messages':[{'role':'system','content':'Be brief.'},{'role':'user','content':'hi'}]",
        "'system':[{'type':'text','text':'a','cache_control':{'type':'ephemeral'}},"
            + "{'type':'text','text':'b'}],'messages':[{'role':'user','content':'hi'}]"
            + "|'messages':[{'role':'system','content':'a\\n\\nb'},{'role':'user','content':'hi'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b'},"
            + "{'role':'user','content':'c'}]|'messages':[{'role':'user','content':'a'},"
            + "{'role':'assistant','content':'b'},{'role':'user','content':'c'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'user','content':'b'}]"
            + "|'messages':[{'role':'user','content':'a\\n\\nb'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'thinking',"
            + "'thinking':'hm','signature':'x'},{'type':'redacted_thinking','data':'x'},"
            + "{'type':'text','text':'b'}]},{'role':'user','content':'c'}]"
            + "|'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'b',"
            + "'reasoning_content':'hm'},{'role':'user','content':'c'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'text',"
            + "'text':'look'},{'type':'tool_use','id':'t1','name':'weather','input':{'city':'Rom'}}]},"
            + "{'role':'user','content':[{'type':'tool_result','tool_use_id':'t1','content':'12'},"
            + "{'type':'text','text':'and?'}]}]|'messages':[{'role':'user','content':'a'},"
            + "{'role':'assistant','content':'look','tool_calls':[{'id':'t1','type':'function',"
            + "'function':{'name':'weather','arguments':'{\\'city\\':\\'Rom\\'}'}}]},"
            + "{'role':'tool','tool_call_id':'t1','content':'12'},{'role':'user','content':'and?'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'tool_use',"
            + "'id':'t1','name':'weather','input':{}}]},{'role':'user','content':[{'type':"
            + "'tool_result','tool_use_id':'t1','is_error':true,'content':[{'type':'text','text':'no'}"
            + "]}]}]|'messages':[{'role':'user','content':'a'},{'role':'assistant','tool_calls':[{"
            + "'id':'t1','type':'function','function':{'name':'weather','arguments':'{}'}}]},"
            + "{'role':'tool','tool_call_id':'t1','content':'Error: no'}]",
        "'messages':[{'role':'user','content':'a'},{'role':'assistant','content':'The answer'}]"
            + "|'continue_final_message':true,'messages':[{'role':'user','content':'a'},"
            + "{'role':'assistant','content':'The answer'}]",
        "'temperature':0,'top_k':3,'top_p':0.5,'metadata':{'user_id':'u'},'service_tier':'auto',"
            + "'messages':[{'role':'user','content':'hi'}]"
            + "|'temperature':0,'top_k':3,'top_p':0.5,'messages':[{'role':'user','content':'hi'}]",
        "'thinking':{'type':'disabled'},'messages':[{'role':'user','content':'hi'}]"
            + "|'chat_template_kwargs':{'enable_thinking':false},"
            + "'messages':[{'role':'user','content':'hi'}]",
        "'thinking':{'type':'enabled','budget_tokens':1024},'messages':[{'role':'user','content':'hi'"
            + "}]|'messages':[{'role':'user','content':'hi'}]",
      },
      quoteCharacter = '`')
  void saysWhatTheChatSays(String fields, String chat) throws Exception {
    String more = ",'max_tokens':20,'seed':11";
    String said = chat(chat + more);
    JsonNode message = ok(MESSAGES, fields + more);
    assertEquals(said, text(message));
    NamedEvents events = stream(fields + more);
    assertEquals(said, events.joined("/delta/text"));
    JsonNode count = ok(COUNT, fields);
    JsonNode usage = message.path("usage");
    assertEquals(
        count.path("input_tokens").asInt(),
        usage.path("input_tokens").asInt() + usage.path("cache_read_input_tokens").asInt());
    assertEquals(1, count.size());
  }

  @Test
  void eventsComeInAnthropicsOrder() throws Exception {
    NamedEvents events =
        stream("'messages':[{'role':'user','content':'a'}],'max_tokens':30,'seed':1");
    assertEquals(
        List.of(
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop"),
        events.order());
    JsonNode start = events.only("message_start").path("message");
    assertEquals(0, start.path("content").size());
    assertTrue(start.path("stop_reason").isNull());
    assertTrue(start.at("/usage/input_tokens").asInt() > 0);
    assertEquals(
        MAPPER.readTree("{\"type\":\"text\",\"text\":\"\"}"),
        events.only("content_block_start").path("content_block"));
    JsonNode delta = events.only("message_delta");
    assertEquals("max_tokens", delta.at("/delta/stop_reason").asText());
    assertEquals(30, delta.at("/usage/output_tokens").asInt());
    assertEquals("base", delta.at("/tensafe/mode").asText());
  }

  @Test
  void theStopSequenceThatMatchedIsNamed() throws Exception {
    String hello = "'messages':[{'role':'user','content':'hi'}],'max_tokens':60,'seed':5";
    String free = text(ok(MESSAGES, hello));
    int at = free.codePointCount(0, free.length()) / 2;
    String stop =
        free.substring(free.offsetByCodePoints(0, at), free.offsetByCodePoints(0, at + 1));
    String quoted = MAPPER.writeValueAsString(stop).replace("'", "\\u0027");
    String fields = hello + ",'stop_sequences':['never to be met',";
    String request = body(fields + "STOP]").replace("STOP", quoted);
    JsonNode message = MAPPER.readTree(server.post(MESSAGES, request).body());
    assertEquals("stop_sequence", message.path("stop_reason").asText(), message.toString());
    assertEquals(stop, message.path("stop_sequence").asText());
    assertEquals(free.substring(0, free.indexOf(stop)), text(message));
    String streamed = body(fields + "STOP],'stream':true").replace("STOP", quoted);
    JsonNode delta =
        NamedEvents.read(server.post(MESSAGES, streamed).body())
            .only("message_delta")
            .path("delta");
    assertEquals("stop_sequence", delta.path("stop_reason").asText());
    assertEquals(stop, delta.path("stop_sequence").asText());
  }

  /** Every row: a body, the error's type, and what its message must say. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'max_tokens':5|'messages' is required",
        "'messages':[{'role':'user','content':'a'}]|'max_tokens' is required",
        "'max_tokens':0,'messages':[{'role':'user','content':'a'}]|'max_tokens' must be from 1",
        "'max_tokens':5,'messages':[]|'messages' must hold at least one message",
        "'max_tokens':5,'messages':[{'role':'system','content':'a'}]|'messages[0].role' must be user",
        "'max_tokens':5,'messages':[{'role':'user'}]|'messages[0].content' is required",
        "'max_tokens':5,'messages':[{'role':'user','content':[]}]|'messages[0].content' must hold",
        "'max_tokens':5,'messages':[{'role':'user','content':[{'type':'text','text':'a'},{'type':"
            + "'image','source':{}}]}]|'messages[0].content[1].type' is 'image'",
        "'max_tokens':5,'messages':[{'role':'user','content':[{'type':'document','source':{}}]}]"
            + "|'messages[0].content[0].type' is 'document'",
        "'max_tokens':5,'messages':[{'role':'user','content':[{'type':'text'}]}]"
            + "|'messages[0].content[0].text' is required",
        "'max_tokens':5,'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':"
            + "'t'}]}]|'messages[0].content[0].tool_use_id' names no earlier tool_use",
        "'max_tokens':5,'messages':[{'role':'user','content':'a'},{'role':'assistant','content':[{"
            + "'type':'tool_use','id':'t','name':'f','input':{}}]}]"
            + "|'messages[1].content' holds a tool_use",
        "'max_tokens':5,'messages':[{'role':'user','content':'a'},{'role':'assistant','content':[{"
            + "'type':'tool_use','id':'t','name':'f','input':'{}'}]}]"
            + "|'messages[1].content[0].input' must be an object",
        "'max_tokens':5,'messages':[{'role':'user','content':'a'},{'role':'assistant','content':' '}]"
            + "|'messages[1].content' has no text",
        "'max_tokens':5,'messages':[{'role':'assistant','content':[{'type':'server_tool_use'}]}]"
            + "|'messages[0].content[0].type' is 'server_tool_use'",
        "'system':7,'max_tokens':5,'messages':[{'role':'user','content':'a'}]|'system' must be",
        "'system':[{'type':'image'}],'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'system[0].type' is 'image'",
        "'temperature':1.5,'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'temperature' must be from 0 to 1",
        "'stop_sequences':'a','max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'stop_sequences' must be a list",
        "'stop_sequences':[''],'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'stop_sequences' holds an empty string",
        "'tools':[{'type':'web_search_20250305','name':'web_search'}],'max_tokens':5,'messages':[{"
            + "'role':'user','content':'a'}]|'tools[0].type' is 'web_search_20250305'",
        "'tools':[{'name':'a b','input_schema':{}}],'max_tokens':5,'messages':[{'role':'user',"
            + "'content':'a'}]|'tools[0].name' must be",
        "'tools':[{'name':'f'}],'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'tools[0].input_schema' is required",
        "'tools':[{'name':'f','input_schema':{'type':'string'}}],'max_tokens':5,'messages':[{'role':"
            + "'user','content':'a'}]|'tools[0].input_schema' must be",
        "'tool_choice':{'type':'any'},'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'tool_choice' asks for a call",
        "'tool_choice':{'type':'required'},'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'tool_choice.type' must be",
        "'thinking':{'type':'on'},'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'thinking.type' must be",
        "'mcp_servers':[{}],'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'mcp_servers' is not supported",
        "'metadata':7,'max_tokens':5,'messages':[{'role':'user','content':'a'}]"
            + "|'metadata' must be an object",
        "'max_tokens':5000,'messages':[{'role':'user','content':'a'}]|'max_tokens' asks for 5000",
      },
      quoteCharacter = '`')
  void whatIsWrongIsNamed(String fields, String message) throws Exception {
    HttpResponse<String> answer = server.post(MESSAGES, body(fields));
    assertEquals(400, answer.statusCode(), answer.body());
    checkError(answer, "invalid_request_error", message);
  }

  private static void checkError(HttpResponse<String> answer, String type, String message)
      throws Exception {
    JsonNode error = MAPPER.readTree(answer.body());
    assertEquals("error", error.path("type").asText(), answer.body());
    assertEquals(type, error.at("/error/type").asText(), answer.body());
    assertTrue(error.at("/error/message").asText().contains(message), answer.body());
    assertEquals(2, error.path("error").size());
    assertEquals(
        answer.headers().firstValue("X-Request-Id").orElse(""), error.path("request_id").asText());
  }

  @Test
  void errorsOfThesePathsHaveAnthropicsFormWhoeverRaisesThem() throws Exception {
    String hello = "'max_tokens':5,'messages':[{'role':'user','content':'a'}]";
    for (String path : List.of(MESSAGES, COUNT)) {
      checkError(server.post(path, "{"), "invalid_request_error", "not valid JSON");
      String other = body(hello).replace("\"tiny\"", "\"other\"");
      checkError(server.post(path, other), "not_found_error", "'other' does not exist");
      checkError(
          server.post(path, new byte[(2 << 20) + 1]), "request_too_large", "larger than 2097152");
      checkError(server.get(path), "invalid_request_error", "takes POST, not GET");
      HttpRequest plain =
          HttpRequest.newBuilder(server.uri(path))
              .header("Content-Type", "text/plain")
              .POST(HttpRequest.BodyPublishers.ofString("a"))
              .build();
      HttpResponse<String> answer = server.http.send(plain, HttpResponse.BodyHandlers.ofString());
      assertEquals(415, answer.statusCode());
      checkError(answer, "invalid_request_error", "application/json");
    }
    HttpResponse<String> batches = server.post(MESSAGES + "/batches", "{}");
    assertEquals(404, batches.statusCode());
    checkError(batches, "not_found_error", "there is no route");
    // and no others
    JsonNode chat = MAPPER.readTree(server.post("/v1/messagesx", "{}").body());
    assertEquals("unknown_url", chat.at("/error/code").asText());
  }

  @Test
  void aKeyMayComeInEitherHeader(@TempDir Path dir) throws Exception {
    Path keys = dir.resolve("keys.json");
    String good = new ApiKeyFile(keys).add("infer", Set.of(Scope.INFER));
    String weak = new ApiKeyFile(keys).add("metrics", Set.of(Scope.METRICS));
    String hello = body("'max_tokens':2,'messages':[{'role':'user','content':'a'}]");
    try (TestServer closed = TestServer.of(ToolModel.write(dir.resolve("model")), keys)) {
      assertEquals(200, closed.post(MESSAGES, hello, "x-api-key", good).statusCode());
      assertEquals(
          200, closed.post(MESSAGES, hello, "Authorization", "Bearer " + good).statusCode());
      HttpResponse<String> none = closed.post(MESSAGES, hello);
      assertEquals(401, none.statusCode());
      checkError(none, "authentication_error", "an API key is needed");
      HttpResponse<String> wrong = closed.post(MESSAGES, hello, "x-api-key", "tsk-wrong");
      assertEquals(401, wrong.statusCode());
      checkError(wrong, "authentication_error", "is not known");
      HttpResponse<String> other = closed.post(COUNT, hello, "x-api-key", weak);
      assertEquals(403, other.statusCode());
      checkError(other, "permission_error", "lacks the scope");
      closed.engine.close();
      HttpResponse<String> late = closed.post(MESSAGES, hello, "x-api-key", good);
      assertEquals(503, late.statusCode());
      checkError(late, "overloaded_error", "loading or stopping");
    }
  }

  @Test
  void aStreamThatFailsEndsWithAnErrorEvent(@TempDir Path dir) throws Exception {
    try (TestServer failing = TestServer.of(ToolModel.write(dir.resolve("model")), null)) {
      HttpRequest request =
          HttpRequest.newBuilder(failing.uri(MESSAGES))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      body(
                          "'stream':true,'max_tokens':4000,'messages':[{'role':'user','content':"
                              + "'a'}],'stop_sequences':[]")))
              .build();
      var running = failing.http.send(request, HttpResponse.BodyHandlers.ofLines());
      var lines = running.body().iterator();
      assertEquals("event: message_start", lines.next());
      failing.engine.close();
      StringBuilder rest = new StringBuilder("event: message_start\n");
      lines.forEachRemaining(line -> rest.append(line).append('\n'));
      NamedEvents events = NamedEvents.read(rest.toString());
      // the model may have said its last word before
      String last = events.names().get(events.names().size() - 1);
      assertTrue(Set.of("error", "message_stop").contains(last), last);
      if (last.equals("error")) {
        assertEquals("overloaded_error", events.only("error").at("/error/type").asText());
      }
    }
  }

  /** A tool must be called, its result is answered: what an agent does. */
  @Test
  void aToolIsCalledAndItsResultTaken() throws Exception {
    String ask =
        "'tools':["
            + WEATHER
            + "],'tool_choice':{'type':'tool','name':'weather','disable_parallel_tool_use':true},'max_tokens':200,'seed':2,"
            + "'messages':[{'role':'user','content':'Weather?'}";
    JsonNode message = ok(MESSAGES, ask + "]");
    assertEquals("tool_use", message.path("stop_reason").asText(), message.toString());
    JsonNode call = message.at("/content/0");
    assertEquals("tool_use", call.path("type").asText());
    assertEquals("weather", call.path("name").asText());
    assertTrue(Set.of("Bern", "Rom").contains(call.at("/input/city").asText()), call.toString());
    NamedEvents events = stream(ask + "]");
    assertEquals(call.path("input"), MAPPER.readTree(events.joined("/delta/partial_json")));
    assertEquals("tool_use", events.only("message_delta").at("/delta/stop_reason").asText());
    String calls = message.path("content").toString().replace('"', '\'');
    String id = call.path("id").asText();
    assertFalse(id.isEmpty());
    JsonNode second =
        ok(
            MESSAGES,
            ask.replace("'tool','name':'weather','disable_parallel_tool_use':true", "'none'")
                + ",{'role':'assistant','content':"
                + calls
                + "},{'role':'user','content':[{'type':'tool_result','tool_use_id':'"
                + id
                + "','content':'sunny'}]}]");
    assertTrue(second.at("/usage/input_tokens").asInt() > 0);
    assertTrue(Set.of("end_turn", "max_tokens").contains(second.path("stop_reason").asText()));
  }
}
