package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.testkit.Shared;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A real pretrained model over HTTP: texts, ids and log-probabilities as Hugging Face has them. */
class GoldenTextTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Test
  void completionsAreThoseOfHuggingFace() throws Exception {
    Path model = Shared.path("models/stories260K-hf-f32");
    JsonNode cases = Shared.json("golden/stories260K-f32.json").path("cases");
    try (TestServer server = TestServer.of(model, null)) {
      for (JsonNode item : cases) {
        ObjectNode body = MAPPER.createObjectNode();
        body.put("model", "tiny").put("prompt", item.path("prompt").asText());
        body.put("max_tokens", item.path("greedy_ids").size()).put("temperature", 0);
        body.put("logprobs", 1);
        HttpResponse<String> whole = server.post("/v1/completions", body.toString());
        JsonNode choice = MAPPER.readTree(whole.body()).at("/choices/0");
        assertEquals(GoldenText.of(server, item), choice.path("text").asText());
        assertEquals(item.path("finish_reason").asText(), choice.path("finish_reason").asText());
        JsonNode logprobs = choice.at("/logprobs/token_logprobs");
        for (int i = 0; i < logprobs.size(); i++) {
          double want = item.path("greedy_logprobs").get(i).doubleValue();
          assertEquals(want, logprobs.get(i).doubleValue(), 1e-3);
        }
        String streamed =
            server.post("/v1/completions", body.put("stream", true).toString()).body();
        StringBuilder text = new StringBuilder();
        for (String line : streamed.split("\n", -1)) {
          if (line.startsWith("data: {")) {
            text.append(MAPPER.readTree(line.substring(6)).at("/choices/0/text").asText(""));
          }
        }
        assertEquals(GoldenText.of(server, item), text.toString());
      }
      assertTrue(cases.size() > 0);
    }
  }
}
