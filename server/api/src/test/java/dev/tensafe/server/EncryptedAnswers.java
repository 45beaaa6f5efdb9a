package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpResponse;

/**
 * Compares greedy answers of an encrypted adapter. The noise of two of them is not the same, so
 * they may part at a token whose margin it can turn; what comes after that is of no meaning.
 */
final class EncryptedAnswers {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** What encryption may move, once for each of the two: docs/CKKS.md. */
  private static final double MARGIN = 2 * 0.003;

  private EncryptedAnswers() {}

  /**
   * Fails if two completions differ by more than noise.
   *
   * @param want of a request with {@code logprobs} of 2
   * @param got of the same request
   */
  static void assertSame(HttpResponse<String> want, HttpResponse<String> got) throws Exception {
    JsonNode first = logprobs(want);
    JsonNode second = logprobs(got);
    JsonNode tokens = first.path("tokens");
    assertEquals(tokens.size(), second.path("tokens").size(), "tokens");
    assertTrue(tokens.size() > 0);
    for (int i = 0; i < tokens.size(); i++) {
      if (!tokens.get(i).equals(second.path("tokens").get(i))) {
        double chosen = first.path("token_logprobs").get(i).doubleValue();
        double next = Double.NEGATIVE_INFINITY;
        for (JsonNode other : first.path("top_logprobs").get(i)) {
          if (other.doubleValue() < chosen) {
            next = Math.max(next, other.doubleValue());
          }
        }
        assertTrue(chosen - next <= MARGIN, "token " + i + ", by a margin of " + (chosen - next));
        System.out.println("diverged at token " + i + " by a margin of " + (chosen - next));
        return;
      }
    }
  }

  private static JsonNode logprobs(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    return MAPPER.readTree(answer.body()).at("/choices/0/logprobs");
  }
}
