package dev.tensafe.server.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallAnswersTest {
  private static final String USER = "{'role':'user'}";

  /** An assistant's message with calls of these ids. */
  private static String calls(String... ids) {
    StringBuilder out = new StringBuilder("{'role':'assistant','tool_calls':[");
    for (String id : ids) {
      out.append(out.toString().endsWith("[") ? "" : ",").append("{'id':'").append(id).append("'}");
    }
    return out + "]}";
  }

  private static String answer(String id) {
    return "{'role':'tool','tool_call_id':" + id + "}";
  }

  private static void read(String... messages) throws Exception {
    CallAnswers answers = new CallAnswers();
    for (int i = 0; i < messages.length; i++) {
      JsonNode message = new ObjectMapper().readTree(messages[i].replace('\'', '"'));
      answers.next(message, message.path("role").asText(), "messages[" + i + "]");
    }
    answers.end();
  }

  @Test
  void callsAreAnsweredInAnyOrderAndRoundAfterRound() throws Exception {
    read(USER);
    read(USER, calls("a", "b"), answer("'b'"), answer("'a'"), USER);
    read(USER, calls("a"), answer("'a'"), calls("a"), answer("'a'"));
    read("{'role':'assistant','tool_calls':null}", USER);
  }

  private static void refused(String param, String... messages) {
    assertEquals(param, assertThrows(ApiException.class, () -> read(messages)).param());
  }

  @Test
  void whatAnswersNoCallIsRefused() {
    refused("messages[0].tool_call_id", answer("'a'"));
    refused("messages[2].tool_call_id", USER, calls("a"), answer("'b'"));
    refused("messages[3].tool_call_id", USER, calls("a"), answer("'a'"), answer("'a'"));
    refused("messages[4].tool_call_id", USER, calls("a"), answer("'a'"), USER, answer("'a'"));
  }

  @ParameterizedTest
  @CsvSource({"null", "3", "['a']"})
  void anIdIsAString(String id) {
    refused("messages[1].tool_call_id", calls("a"), answer(id));
  }

  @Test
  void callsThatNobodyAnsweredAreRefused() {
    refused("messages[1].tool_calls", USER, calls("a"));
    refused("messages[1].tool_calls", USER, calls("a"), USER);
    refused("messages[1].tool_calls", USER, calls("a", "b"), answer("'b'"), calls("c"));
  }
}
