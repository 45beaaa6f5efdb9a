package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.FunctionTool;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseFunctionToolCall;
import com.openai.models.responses.ResponseInputItem;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ToolChoiceOptions;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** OpenAI's Responses API: its own Java client, and raw bodies beside chat completions. */
class OpenAiResponsesTest {
  private static final String RESPONSES = "/v1/responses";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static TestServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start(@TempDir Path dir) throws Exception {
    server = TestServer.of(ToolModel.write(dir.resolve("model")), null);
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(server.server.url() + "/v1")
            .apiKey("none")
            .maxRetries(0)
            .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static ResponseCreateParams.Builder ask(String input) {
    return ResponseCreateParams.builder()
        .model("tiny")
        .input(input)
        .putAdditionalBodyProperty("seed", JsonValue.from(1));
  }

  private static String text(Response response) {
    StringBuilder out = new StringBuilder();
    response.output().stream()
        .flatMap(item -> item.message().stream())
        .flatMap(message -> message.content().stream())
        .forEach(part -> out.append(part.asOutputText().text()));
    return out.toString();
  }

  /** All events, each checked by the client's own model, and the response that they add up to. */
  private static Response streamed(ResponseCreateParams params, List<ResponseStreamEvent> events) {
    ResponseAccumulator accumulator = ResponseAccumulator.create();
    try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params)) {
      stream.stream()
          .forEach(
              event -> {
                event.validate();
                events.add(event);
                accumulator.accumulate(event);
              });
    }
    return accumulator.response();
  }

  @Test
  void theClientReadsAResponse() {
    Response response =
        client
            .responses()
            .create(
                ask("a")
                    .instructions("Be brief.")
                    .maxOutputTokens(9)
                    .store(true)
                    .metadata(
                        ResponseCreateParams.Metadata.builder()
                            .putAdditionalProperty("job", JsonValue.from("7"))
                            .build())
                    .build());
    response.validate();
    assertTrue(response.id().startsWith("resp_"));
    assertEquals("Be brief.", response.instructions().orElseThrow().asString());
    assertEquals(
        Map.of("job", JsonValue.from("7")),
        response.metadata().orElseThrow()._additionalProperties());
    assertEquals(JsonValue.from(false), response._additionalProperties().get("store"));
    var usage = response.usage().orElseThrow();
    assertEquals(usage.inputTokens() + usage.outputTokens(), usage.totalTokens());
    boolean full = usage.outputTokens() == 9;
    assertEquals(
        full ? ResponseStatus.INCOMPLETE : ResponseStatus.COMPLETED,
        response.status().orElseThrow());
    assertEquals(full, response.incompleteDetails().isPresent());
    assertFalse(text(response).isEmpty());
  }

  @Test
  void theClientStreamsWhatItIsAnsweredWhole() {
    ResponseCreateParams params = ask("a").maxOutputTokens(40).build();
    Response whole = client.responses().create(params);
    List<ResponseStreamEvent> events = new ArrayList<>();
    Response streamed = streamed(params, events);
    assertEquals(text(whole), text(streamed));
    assertEquals(whole.status(), streamed.status());
    assertEquals(whole.usage().orElseThrow().outputTokens(), streamed.usage().get().outputTokens());
    assertTrue(events.get(0).isCreated());
    assertTrue(events.get(1).isInProgress());
    ResponseStreamEvent last = events.get(events.size() - 1);
    assertTrue(last.isCompleted() || last.isIncomplete());
  }

  @Test
  void eventsAreNumberedAndInOrder() throws Exception {
    String body =
        "{'model':'tiny','input':'a','stream':true,'max_output_tokens':30,'seed':1}"
            .replace('\'', '"');
    HttpResponse<String> answer = server.post(RESPONSES, body);
    NamedEvents events = NamedEvents.read(answer.body());
    assertEquals(
        List.of(
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done"),
        events.order().subList(0, 8));
    assertEquals(9, events.order().size());
    for (int i = 0; i < events.data().size(); i++) {
      assertEquals(i, events.data().get(i).path("sequence_number").asInt(-1));
    }
    assertEquals(
        events.joined("/delta"), events.only("response.output_text.done").path("text").asText());
    JsonNode last = events.data().get(events.data().size() - 1).path("response");
    assertEquals(events.only("response.output_item.done").path("item"), last.at("/output/0"));
    assertEquals("base", last.at("/tensafe/mode").asText());
  }

  private static FunctionTool weather() {
    return FunctionTool.builder()
        .name("weather")
        .description("Weather of a city.")
        .parameters(
            FunctionTool.Parameters.builder()
                .putAdditionalProperty("type", JsonValue.from("object"))
                .putAdditionalProperty(
                    "properties",
                    JsonValue.from(Map.of("city", Map.of("enum", List.of("Bern", "Rom")))))
                .putAdditionalProperty("required", JsonValue.from(List.of("city")))
                .putAdditionalProperty("additionalProperties", JsonValue.from(false))
                .build())
        .strict(true)
        .build();
  }

  /** A call, its result, an answer: what an agent does with the client. */
  @Test
  void aToolIsCalledAndItsResultTaken() throws Exception {
    ResponseCreateParams params =
        ask("Weather?")
            .addTool(weather())
            .toolChoice(ToolChoiceOptions.REQUIRED)
            .parallelToolCalls(false)
            .maxOutputTokens(200)
            .build();
    Response first = client.responses().create(params);
    first.validate();
    assertEquals(ResponseStatus.COMPLETED, first.status().orElseThrow());
    ResponseFunctionToolCall call = first.output().get(0).asFunctionCall();
    assertEquals("weather", call.name());
    JsonNode arguments = MAPPER.readTree(call.arguments());
    assertTrue(Set.of("Bern", "Rom").contains(arguments.path("city").asText()), call.arguments());
    List<ResponseStreamEvent> events = new ArrayList<>();
    Response streamed = streamed(params, events);
    StringBuilder deltas = new StringBuilder();
    events.stream()
        .flatMap(event -> event.functionCallArgumentsDelta().stream())
        .forEach(delta -> deltas.append(delta.delta()));
    assertEquals(call.arguments(), deltas.toString());
    assertEquals(call.arguments(), streamed.output().get(0).asFunctionCall().arguments());

    Response second =
        client
            .responses()
            .create(
                ResponseCreateParams.builder()
                    .model("tiny")
                    .addTool(weather())
                    .toolChoice(ToolChoiceOptions.NONE)
                    .maxOutputTokens(20)
                    .inputOfResponse(
                        List.of(
                            ResponseInputItem.ofFunctionCall(call),
                            ResponseInputItem.ofFunctionCallOutput(
                                ResponseInputItem.FunctionCallOutput.builder()
                                    .callId(call.callId())
                                    .output("sunny")
                                    .build())))
                    .build());
    second.validate();
    assertTrue(second.output().stream().noneMatch(item -> item.isFunctionCall()));
  }

  @Test
  void aSchemaIsKept() throws Exception {
    String schema =
        "{'type':'object','properties':{'city':{'enum':['Bern','Rom']},'warm':{'type':'boolean'}},"
            + "'required':['city','warm'],'additionalProperties':false}";
    String body =
        ("{'model':'tiny','input':'a','max_output_tokens':200,'seed':4,'text':{'format':{'type':"
                + "'json_schema','name':'weather','strict':true,'schema':"
                + schema
                + "}}}")
            .replace('\'', '"');
    JsonNode response = MAPPER.readTree(server.post(RESPONSES, body).body());
    assertEquals("completed", response.path("status").asText(), response.toString());
    JsonNode made = MAPPER.readTree(response.at("/output/0/content/0/text").asText());
    assertTrue(Set.of("Bern", "Rom").contains(made.path("city").asText()));
    assertTrue(made.path("warm").isBoolean());
    assertEquals("json_schema", response.at("/text/format/type").asText());
  }

  /** Every row: a body here, and the chat request that means the same. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'input':'hi'|'messages':[{'role':'user','content':'hi'}]",
        "'instructions':'x','input':'hi'"
            + "|'messages':[{'role':'system','content':'x'},{'role':'user','content':'hi'}]",
        "'instructions':'x','input':[{'role':'developer','content':'y'},{'role':'user','content':[{"
            + "'type':'input_text','text':'hi'}]}]|'messages':[{'role':'system','content':"
            + "'x\\n\\ny'},{'role':'user','content':'hi'}]",
        "'input':[{'role':'user','content':'a'},{'type':'reasoning','id':'r','summary':[],'content':[{"
            + "'type':'reasoning_text','text':'hm'}]},{'type':'message','id':'m','status':'completed',"
            + "'role':'assistant','content':[{'type':'output_text','text':'b','annotations':[]}]},{"
            + "'type':'function_call','id':'f','call_id':'c','name':'g','arguments':'{}'},{'type':"
            + "'function_call_output','call_id':'c','output':'1'}]|'messages':[{'role':'user',"
            + "'content':'a'},{'role':'assistant','content':'b','tool_calls':[{'id':'c','type':"
            + "'function','function':{'name':'g','arguments':'{}'}}]},{'role':'tool','tool_call_id':"
            + "'c','content':'1'}]",
        "'temperature':0,'top_p':0.5,'input':'hi','include':['reasoning.encrypted_content'],"
            + "'truncation':'disabled','text':{'format':{'type':'text'}},'reasoning':{'effort':'low',"
            + "'summary':'auto'},'prompt_cache_key':'k','service_tier':'auto','store':false"
            + "|'temperature':0,'top_p':0.5,'messages':[{'role':'user','content':'hi'}]",
      })
  void saysWhatTheChatSays(String fields, String chat) throws Exception {
    String more = ",'seed':11";
    String said =
        post("/v1/chat/completions", chat + more + ",'max_completion_tokens':20")
            .at("/choices/0/message/content")
            .asText();
    JsonNode response = post(RESPONSES, fields + more + ",'max_output_tokens':20");
    assertEquals(said, response.at("/output/0/content/0/text").asText(""), response.toString());
  }

  private static JsonNode post(String path, String fields) throws Exception {
    String body = ("{'model':'tiny'," + fields + "}").replace('\'', '"');
    HttpResponse<String> answer = server.post(path, body);
    assertEquals(200, answer.statusCode(), answer.body());
    return MAPPER.readTree(answer.body());
  }

  /** Every row: a body, the field its error names, and the error's code. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'x':1|input|missing_required_parameter",
        "'input':7|input|invalid_type",
        "'input':[]|input|invalid_value",
        "'input':'a','previous_response_id':'resp_1'|previous_response_id|unsupported_parameter",
        "'input':'a','conversation':'c'|conversation|unsupported_parameter",
        "'input':'a','prompt':{'id':'p'}|prompt|unsupported_parameter",
        "'input':'a','background':true|background|unsupported_parameter",
        "'input':'a','truncation':'auto'|truncation|unsupported_parameter",
        "'input':'a','top_logprobs':2|top_logprobs|unsupported_parameter",
        "'input':'a','include':['message.output_text.logprobs']|include|unsupported_parameter",
        "'input':'a','max_output_tokens':0|max_output_tokens|invalid_value",
        "'input':'a','max_output_tokens':5000|input|context_length_exceeded",
        "'input':'a','temperature':3|temperature|invalid_value",
        "'input':'a','metadata':{'a':1}|metadata|invalid_type",
        "'input':'a','stream_options':{}|stream_options|invalid_value",
        "'input':'a','text':{'verbosity':'low'}|text.verbosity|unsupported_parameter",
        "'input':'a','text':{'format':{'type':'xml'}}|text.format.type|invalid_value",
        "'input':'a','text':{'format':{'type':'json_schema','name':'a'}}"
            + "|text.format.schema|missing_required_parameter",
        "'input':'a','tools':[{'type':'web_search'}]|tools[0].type|unsupported_parameter",
        "'input':'a','tools':[{'type':'function','name':'a b'}]|tools[0].name|invalid_value",
        "'input':'a','tools':[{'type':'function','name':'f','parameters':7}]"
            + "|tools[0].parameters|invalid_type",
        "'input':'a','tool_choice':'required'|tool_choice|invalid_value",
        "'input':'a','tool_choice':{'type':'function','name':'f'}|tool_choice.name|invalid_value",
        "'input':'a','tool_choice':{'type':'mcp'}|tool_choice.type|unsupported_parameter",
        "'input':[{'type':'item_reference','id':'x'}]|input[0].type|unsupported_parameter",
        "'input':[{'type':'web_search_call'}]|input[0].type|unsupported_parameter",
        "'input':[{'role':'user','content':[{'type':'input_text','text':'a'},{'type':'input_image'}]}]"
            + "|input[0].content[1].type|unsupported_parameter",
        "'input':[{'role':'tool','content':'a'}]|input[0].role|invalid_value",
        "'input':[{'type':'function_call_output','call_id':'c','output':'1'}]"
            + "|input[0].call_id|invalid_value",
      })
  void whatIsWrongIsNamed(String fields, String param, String code) throws Exception {
    String body = ("{'model':'tiny'," + fields + "}").replace('\'', '"');
    HttpResponse<String> answer = server.post(RESPONSES, body);
    assertEquals(400, answer.statusCode(), answer.body());
    JsonNode error = MAPPER.readTree(answer.body()).path("error");
    assertEquals(param, error.path("param").asText(), answer.body());
    assertEquals(code, error.path("code").asText(), answer.body());
    assertTrue(error.path("message").asText().contains("'"), answer.body());
  }

  @Test
  void theClientReadsErrors() {
    BadRequestException stored =
        assertThrows(
            BadRequestException.class,
            () -> client.responses().create(ask("a").previousResponseId("resp_1").build()));
    assertEquals("previous_response_id", stored.param().orElseThrow());
  }

  @Test
  void aStreamThatFailsSaysSo(@TempDir Path dir) throws Exception {
    try (TestServer failing = TestServer.of(ToolModel.write(dir.resolve("model")), null)) {
      HttpRequest request =
          HttpRequest.newBuilder(failing.uri(RESPONSES))
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofString(
                      "{'model':'tiny','input':'a','stream':true,'ignore_eos':true}"
                          .replace('\'', '"')))
              .build();
      var running = failing.http.send(request, HttpResponse.BodyHandlers.ofLines());
      var lines = running.body().iterator();
      assertEquals("event: response.created", lines.next());
      failing.engine.close();
      StringBuilder rest = new StringBuilder("event: response.created\n");
      lines.forEachRemaining(line -> rest.append(line).append('\n'));
      JsonNode failed = NamedEvents.read(rest.toString()).only("response.failed").path("response");
      assertEquals("failed", failed.path("status").asText());
      assertEquals("server_error", failed.at("/error/code").asText());
    }
  }
}
