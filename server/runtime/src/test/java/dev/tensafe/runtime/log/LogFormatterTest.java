package dev.tensafe.runtime.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.runtime.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFormatterTest {
  private static final TenantHash TENANTS = TenantHash.random();

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
    String json = new LogFormatter(true, TENANTS).format(record());
    assertEquals(1, json.lines().count());
    JsonNode node = new ObjectMapper().readTree(json);
    assertEquals("WARNING", node.path("level").asText());
    assertEquals("two\\nlines of text", node.path("message").asText());
    assertTrue(node.path("error").asText().contains("IllegalStateException"));
    assertFalse(json.contains("secret"));
    String text = new LogFormatter(false, TENANTS).format(record());
    assertEquals(1, text.lines().count());
    assertFalse(text.contains("secret"));
  }

  private static LogRecord saying(String message) {
    LogRecord record = new LogRecord(Level.INFO, "{0}");
    record.setParameters(new Object[] {message});
    record.setLoggerName("dev.tensafe.Some");
    return record;
  }

  @Test
  void aLineAboutARequestNamesIt() throws Exception {
    LogFields fields = new LogFields();
    fields.requestId("req-1");
    fields.traceId("4bf92f3577b34da6a3ce929d0e0e4736");
    fields.tenant("alice");
    fields.adapter("5d1f");
    LogFormatter formatter = new LogFormatter(true, TENANTS);
    try (LogFields.Entered entered = fields.enter()) {
      JsonNode node = new ObjectMapper().readTree(formatter.format(saying("x")));
      assertEquals("req-1", node.path("request_id").asText());
      assertEquals("4bf92f3577b34da6a3ce929d0e0e4736", node.path("trace_id").asText());
      assertEquals("5d1f", node.path("adapter").asText());
      assertEquals(TENANTS.of("alice"), node.path("tenant").asText());
      assertTrue(new LogFormatter(false, TENANTS).format(saying("x")).endsWith(": x {req-1}\n"));
    }
    assertFalse(formatter.format(saying("x")).contains("req-1"));
  }

  @Test
  void aTenantHasOneHashForAKeyAndIsNotNamed() {
    assertTrue(TENANTS.of("alice").matches("[0-9a-f]{16}"));
    assertEquals(TENANTS.of("alice"), TENANTS.of("alice"));
    assertNotEquals(TENANTS.of("alice"), TENANTS.of("bob"));
    assertNotEquals(TENANTS.of("alice"), TenantHash.random().of("alice"));
  }

  @Test
  void aKeyFileOfAnotherSizeIsRefused(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("key");
    for (int size : new int[] {0, 15, 4097}) {
      Files.write(file, new byte[size]);
      ConfigException e = assertThrows(ConfigException.class, () -> TenantHash.of(file));
      assertEquals("config.log-key", e.code());
    }
    Files.write(file, new byte[16]);
    assertEquals(TenantHash.of(file).of("alice"), TenantHash.of(file).of("alice"));
    assertThrows(ConfigException.class, () -> TenantHash.of(dir.resolve("none")));
  }

  /** Whatever a value holds, a record is one line, and its JSON says nothing but what it is. */
  @Test
  void nothingForgesALine() throws Exception {
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    String letters =
        "\n\r\t\u000b\f\u0085\u2028\u2029\u001b\u0007\u0000\u009b\u202e\u200b\"\\{}[]aé";
    for (int i = 0; i < 5_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(12); n >= 0; n--) {
        text.append(letters.charAt(random.nextInt(letters.length())));
      }
      text.append("\n{\"level\":\"INFO\",\"message\":\"forged\"}");
      String value = text.toString();
      LogFields fields = new LogFields();
      fields.requestId(value);
      fields.adapter(value);
      fields.tenant(value);
      try (LogFields.Entered entered = fields.enter()) {
        for (boolean json : new boolean[] {true, false}) {
          String line = new LogFormatter(json, TENANTS).format(saying(value));
          assertTrue(line.endsWith("\n"));
          String body = line.substring(0, line.length() - 1);
          assertTrue(
              body.codePoints()
                  .allMatch(
                      c ->
                          !Character.isISOControl(c)
                              && Character.getType(c) != Character.FORMAT
                              && c != 0x2028
                              && c != 0x2029),
              body);
          if (json) {
            JsonNode node = new ObjectMapper().readTree(line);
            assertEquals(7, node.size(), line);
            assertEquals("INFO", node.path("level").asText());
          }
        }
      }
    }
    assertTrue(new LogFormatter(true, TENANTS).format(saying("x".repeat(100_000))).length() < 9000);
  }
}
