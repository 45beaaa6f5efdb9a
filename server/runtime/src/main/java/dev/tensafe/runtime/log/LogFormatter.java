package dev.tensafe.runtime.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * One record, one line, as JSON or as text. Exceptions are shown by class and place. Whatever would
 * end a line, or move a terminal's cursor, is escaped.
 */
final class LogFormatter extends Formatter {
  /** Of a message or another value, in characters. */
  private static final int MOST = 8192;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final boolean json;
  private final TenantHash tenants;

  LogFormatter(boolean json, TenantHash tenants) {
    this.json = json;
    this.tenants = tenants;
  }

  @Override
  public String format(LogRecord entry) {
    String level = entry.getLevel().getName();
    String logger = String.valueOf(entry.getLoggerName());
    String shortName = logger.substring(logger.lastIndexOf('.') + 1);
    String message = oneLine(formatMessage(entry));
    Throwable cause = entry.getThrown();
    LogFields fields = LogFields.current();
    if (!json) {
      String reason = cause == null ? "" : " [" + oneLine(trace(cause)) + "]";
      String about =
          fields == null || fields.requestId().isEmpty()
              ? ""
              : " {" + oneLine(fields.requestId()) + "}";
      return entry.getInstant()
          + " "
          + level
          + " "
          + oneLine(shortName)
          + ": "
          + message
          + reason
          + about
          + "\n";
    }
    ObjectNode node = MAPPER.createObjectNode();
    node.put("time", entry.getInstant().toString());
    node.put("level", level);
    node.put("logger", oneLine(shortName));
    node.put("message", message);
    if (cause != null) {
      node.put("error", oneLine(trace(cause)));
    }
    if (fields != null) {
      put(node, "request_id", fields.requestId());
      put(node, "trace_id", fields.traceId());
      String tenant = fields.tenant();
      put(node, "tenant", tenant.isEmpty() ? "" : tenants.of(tenant));
      put(node, "adapter", fields.adapter());
    }
    try {
      return MAPPER.writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      return "{\"level\":\"SEVERE\",\"message\":\"a log record could not be written\"}\n";
    }
  }

  private static void put(ObjectNode node, String key, String value) {
    if (!value.isEmpty()) {
      node.put(key, oneLine(value));
    }
  }

  /** Escapes control characters, what separates lines, and what turns the direction of a text. */
  private static String oneLine(String text) {
    StringBuilder out = null;
    int length = Math.min(text.length(), MOST);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (harmless(c)) {
        if (out != null) {
          out.append(c);
        }
        continue;
      }
      if (out == null) {
        out = new StringBuilder(length + 16).append(text, 0, i);
      }
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(String.format("\\u%04x", (int) c));
      }
    }
    String shown = out == null ? text.substring(0, length) : out.toString();
    return text.length() > MOST ? shown + "…" : shown;
  }

  private static boolean harmless(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.FORMAT ->
          false;
      default -> true;
    };
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
