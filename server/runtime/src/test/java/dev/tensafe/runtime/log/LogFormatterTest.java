package dev.tensafe.runtime.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogFormatterTest {
  private static LogRecord record() {
    LogRecord record = new LogRecord(Level.WARNING, "two\nlines of {0}");
    record.setParameters(new Object[] {"text"});
    record.setLoggerName("dev.tensafe.Some");
    record.setThrown(
        new IllegalStateException("my secret prompt", new RuntimeException("and more")));
    return record;
  }

  @Test
  void oneRecordIsOneLineAndMessagesOfExceptionsStayOut() throws Exception {
    String json = new LogFormatter(true).format(record());
    assertEquals(1, json.lines().count());
    JsonNode node = new ObjectMapper().readTree(json);
    assertEquals("WARNING", node.path("level").asText());
    assertEquals("two\\nlines of text", node.path("message").asText());
    assertTrue(node.path("error").asText().contains("IllegalStateException"));
    assertFalse(json.contains("secret"));
    String text = new LogFormatter(false).format(record());
    assertEquals(1, text.lines().count());
    assertFalse(text.contains("secret"));
  }
}
