package dev.tensafe.server.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.server.LogRecorder;
import dev.tensafe.server.openai.ApiException;
import org.junit.jupiter.api.Test;

/** What nobody foresaw: an error object, and a log line that quotes nothing. */
class FailuresTest {
  @Test
  void anUnforeseenErrorTellsItsPlaceInTheLogAndNothingToTheClient() {
    String prompt = "the invoice of the locksmith";
    RuntimeException library =
        new IllegalStateException(prompt, new IllegalArgumentException("near: " + prompt));
    try (LogRecorder log = new LogRecorder(Failures.class)) {
      ApiException answer = Failures.of(library);
      assertEquals(500, answer.status());
      assertEquals("internal_error", answer.code());
      assertFalse(answer.getMessage().contains("locksmith"));
      assertEquals(1, log.lines().size());
      String line = log.lines().get(0);
      assertFalse(line.contains("locksmith"), line);
      assertTrue(line.contains("IllegalStateException") && line.contains("FailuresTest"), line);
      assertTrue(line.contains("caused by java.lang.IllegalArgumentException"), line);
    }
  }
}
