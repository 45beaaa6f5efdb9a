package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.testkit.Shared;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Text that goes in and out of a real model, whose tokenizer is SentencePiece's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WordsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private TestServer server;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.of(Shared.path("models/stories260K-hf-f32"), null);
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void aCompletionGoesOnWhereItsPromptEnds() throws Exception {
    ObjectNode body = completion("Once upon a").put("max_tokens", 4).put("logprobs", 5);
    JsonNode plain = choice(body);
    assertEquals(" time, there was", plain.path("text").asText());
    assertEquals(plain.path("text").asText(), streamed(body, "/choices/0/text"));
    assertOffsets(plain);
    JsonNode echoed = choice(body.put("echo", true));
    assertEquals("Once upon a time, there was", echoed.path("text").asText());
    assertEquals(echoed.path("text").asText(), streamed(body, "/choices/0/text"));
    assertEquals("<s>", echoed.at("/logprobs/tokens/0").asText());
    assertEquals("Once", echoed.at("/logprobs/tokens/1").asText().substring(0, 4));
    assertOffsets(echoed);
    for (JsonNode top : plain.at("/logprobs/top_logprobs")) {
      assertEquals(5, top.size());
    }
  }

  @Test
  void aTokenThatAStopStringCutsOffIsNotReported() throws Exception {
    ObjectNode body = completion("Once upon a").put("max_tokens", 6).put("logprobs", 1);
    JsonNode choice = choice(body.put("stop", "there was"));
    assertEquals(" time, ", choice.path("text").asText());
    int last = choice.at("/logprobs/text_offset").size() - 1;
    assertTrue(choice.at("/logprobs/text_offset/" + last).intValue() < 7, choice.toString());
  }

  /** Hot enough that the model writes bytes which are parts of characters. */
  @Test
  void joinedBytesOfAChatAreItsText() throws Exception {
    ObjectNode body = MAPPER.createObjectNode().put("model", "tiny").put("max_tokens", 40);
    body.putArray("messages").addObject().put("role", "user").put("content", "Once upon a");
    body.put("logprobs", true).put("top_logprobs", 20);
    int partial = 0;
    for (boolean biased : new boolean[] {false, true}) {
      if (biased) {
        // the bytes of €
        body.putObject("logit_bias").put("229", 60).put("133", 60).put("175", 60);
        body.put("temperature", 2).put("seed", 5);
      } else {
        body.put("temperature", 0);
      }
      JsonNode choice = choice("/v1/chat/completions", body);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (JsonNode token : choice.at("/logprobs/content")) {
        token.path("bytes").forEach(b -> bytes.write(b.intValue()));
        assertEquals(20, token.path("top_logprobs").size());
        partial += token.path("token").asText().startsWith("bytes:") ? 1 : 0;
      }
      assertEquals(choice.at("/message/content").asText(), bytes.toString(StandardCharsets.UTF_8));
    }
    assertTrue(partial > 0, "no part of a character");
  }

  private static void assertOffsets(JsonNode choice) {
    String text = choice.path("text").asText();
    StringBuilder joined = new StringBuilder();
    JsonNode tokens = choice.at("/logprobs/tokens");
    for (int i = 0; i < tokens.size(); i++) {
      assertEquals(joined.length(), choice.at("/logprobs/text_offset/" + i).intValue());
      joined.append(tokens.get(i).asText().equals("<s>") ? "" : tokens.get(i).asText());
    }
    assertEquals(text, joined.toString());
  }

  private static ObjectNode completion(String prompt) {
    return MAPPER
        .createObjectNode()
        .put("model", "tiny")
        .put("prompt", prompt)
        .put("temperature", 0);
  }

  private JsonNode choice(ObjectNode body) throws Exception {
    return choice("/v1/completions", body);
  }

  private JsonNode choice(String route, ObjectNode body) throws Exception {
    HttpResponse<String> response = server.post(route, body.toString());
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body()).at("/choices/0");
  }

  private String streamed(ObjectNode body, String at) throws Exception {
    String frames =
        server.post("/v1/completions", body.deepCopy().put("stream", true).toString()).body();
    List<String> pieces = new ArrayList<>();
    for (String line : frames.split("\n", -1)) {
      if (line.startsWith("data: {")) {
        pieces.add(MAPPER.readTree(line.substring(6)).at(at).asText(""));
      }
    }
    return String.join("", pieces);
  }
}
