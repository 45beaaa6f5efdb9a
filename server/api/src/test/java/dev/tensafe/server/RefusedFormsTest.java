package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "12345678901234567890123",
        "0.12345678901234567890123",
        "-1.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
            + "00000000000000000000001",
      })
  void numbersOfSchemasAreReadToTheirLastDigit(String number) throws Exception {
    String schema = "{'const':" + number + "}";
    for (String field :
        new String[] {
          "'guided_json':" + schema,
          "'structured_outputs':{'json':" + schema + "}",
          "'json_schema':'" + schema.replace("'", "\\'") + "'",
          "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':"
              + schema
              + "}}",
        }) {
      HttpResponse<String> response = post(field + ",'max_tokens':200");
      assertEquals(200, response.statusCode(), response.body());
      String said = MAPPER.readTree(response.body()).at("/choices/0/message/content").asText();
      assertEquals(new BigDecimal(number), new BigDecimal(said).setScale(scale(number)), field);
    }
  }

  private static int scale(String number) {
    return new BigDecimal(number).scale();
  }

  @Test
  void schemasMayBeDeeperThanOtherFields() throws Exception {
    String deep = "{'const':1}";
    for (int i = 0; i < 80; i++) {
      deep = "{'allOf':[" + deep + "]}";
    }
    assertEquals(200, post("'max_tokens':4,'guided_json':" + deep).statusCode());
    String array = "[".repeat(70) + "]".repeat(70);
    refused("'metadata':" + array, "null", "invalid_json", "nested deeper than 64");
    refused("'metadata':" + "1".repeat(101), "null", "invalid_json", "not valid JSON");
  }

  private static final String TOOL = "{'type':'function','function':{'name':'f'}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "'functions':[{'name':'f'}],'tool_choice':'auto';tool_choice;invalid_value",
        "'tools':[T],'function_call':'auto';function_call;invalid_value",
        "'function_call':'none';function_call;invalid_value",
        "'tool_choice':'auto';tool_choice;invalid_value",
        "'guided_regex':'a','guided_whitespace_pattern':' ';guided_whitespace_pattern;"
            + "unsupported_parameter",
        "'logprobs_mode':'processed_logprobs';logprobs_mode;unsupported_parameter",
        "'response_format':{'type':'text','strict':true};response_format.strict;"
            + "unsupported_parameter",
        "'response_format':{'type':'text','schema':{}};response_format.schema;invalid_value",
        "'response_format':{'type':'json_schema','json_schema':{'schema':{}}};"
            + "response_format.json_schema.name;missing_required_parameter",
        "'response_format':{'type':'json_schema','json_schema':{'name':'n','schema':{},'a':1}};"
            + "response_format.json_schema.a;unsupported_parameter",
        "'tools':[{'type':'function','function':{'name':'f'},'a':1}];tools[0].a;"
            + "unsupported_parameter",
        "'tools':[{'type':'function','function':{'name':'f','a':1}}];tools[0].function.a;"
            + "unsupported_parameter",
        "'guided_json':{'type':'string','minimum':'a'};guided_json;invalid_value",
      })
  void whatWouldBeIgnoredIsRefused(String field, String param, String code) throws Exception {
    refused(field.replace("[T]", "[" + TOOL + "]"), param, code, param);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'tool_choice':'none'",
        "'tools':[T],'tool_choice':'auto'",
        "'tools':[{'type':'function','a':null,'function':{'name':'f','strict':null}}]",
        "'response_format':{'type':'json_object','schema':null,'json_schema':null}",
      })
  void whatSaysNothingIsTaken(String field) throws Exception {
    HttpResponse<String> response =
        post("'max_tokens':1," + field.replace("[T]", "[" + TOOL + "]"));
    assertEquals(200, response.statusCode(), response.body());
  }
}
