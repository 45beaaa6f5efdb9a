package dev.tensafe.runtime.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** One record, one line, as JSON or as text. Exceptions are shown by class and place. */
final class LogFormatter extends Formatter {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final boolean json;

  LogFormatter(boolean json) {
    this.json = json;
  }

  @Override
  public String format(LogRecord entry) {
    String level = entry.getLevel().getName();
    String logger = String.valueOf(entry.getLoggerName());
    String shortName = logger.substring(logger.lastIndexOf('.') + 1);
    String message = formatMessage(entry).replace("\r", "\\r").replace("\n", "\\n");
    Throwable cause = entry.getThrown();
    if (!json) {
      String reason = cause == null ? "" : " [" + trace(cause) + "]";
      return entry.getInstant() + " " + level + " " + shortName + ": " + message + reason + "\n";
    }
    ObjectNode node = MAPPER.createObjectNode();
    node.put("time", entry.getInstant().toString());
    node.put("level", level);
    node.put("logger", shortName);
    node.put("message", message);
    if (cause != null) {
      node.put("error", trace(cause));
    }
    try {
      return MAPPER.writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      return "{\"level\":\"SEVERE\",\"message\":\"a log record could not be written\"}\n";
    }
  }

  /** Classes and places only: messages of foreign exceptions may quote what they were given. */
  private static String trace(@Nullable Throwable error) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    for (Throwable t = error; t != null && depth < 4; t = t.getCause(), depth++) {
      out.append(depth == 0 ? "" : " < ").append(t.getClass().getName());
      StackTraceElement[] stack = t.getStackTrace();
      for (int i = 0; i < Math.min(4, stack.length); i++) {
        out.append(i == 0 ? " at " : ", ").append(stack[i]);
      }
    }
    return out.toString();
  }
}
