package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Forms that no output can have, and fields that say nothing here: 400, which names them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusedFormsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private TestServer server;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    server = TestServer.start(directory);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private HttpResponse<String> post(String fields) throws Exception {
    String body =
        "{'model':'tiny','max_tokens':4,'messages':[{'role':'user','content':'a'}]," + fields + "}";
    return server.post("/v1/chat/completions", body.replace('\'', '"'));
  }

  private void refused(String fields, String param, String code, String says) throws Exception {
    HttpResponse<String> response = post(fields);
    assertEquals(400, response.statusCode(), response.body());
    JsonNode error = MAPPER.readTree(response.body()).path("error");
    assertEquals(param, error.path("param").asText(), response.body());
    assertEquals(code, error.path("code").asText(), response.body());
    assertTrue(error.path("message").asText().contains(says), response.body());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "'guided_grammar':'root ::= [a] <|none|>';guided_grammar;line 1, column 14",
        "'grammar':'root ::= <|im_end|>';grammar;line 1, column 10",
        "'structured_outputs':{'grammar':'start: A\\nA: <think>'};"
            + "structured_outputs.grammar;line 2, column 4",
      })
  void aSpecialTokenThatMayNotBeAskedForIsRefused(String field, String param, String says)
      throws Exception {
    refused(field, param, "invalid_value", says);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "'guided_json':{'properties':{'a':{'type':'integer','minimum':2,'maximum':1}},"
            + "'required':['a'],'type':'object'};guided_json;/properties/a/maximum",
        "'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object',"
            + "'properties':{'a':{'enum':[]}},'required':['a']}}}];tools;"
            + "tools[0].function.parameters/properties/a/enum",
        "'functions':[{'name':'f','parameters':{'type':'object','properties':{'a':{'enum':[]}},"
            + "'required':['a']}}];functions;functions[0].parameters/properties/a/enum",
        "'tools':[{'type':'function','function':{'name':'f'}}],'guided_json':{'enum':[]};"
            + "guided_json;/enum",
      })
  void aFormThatNothingIsOfIsRefusedWithItsPlace(String field, String param, String says)
      throws Exception {
    refused(field, param, "invalid_value", says);
  }
}
