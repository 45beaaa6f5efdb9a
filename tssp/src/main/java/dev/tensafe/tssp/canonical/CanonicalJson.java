package dev.tensafe.tssp.canonical;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import java.io.IOException;
import java.util.Arrays;
import java.util.TreeMap;

/**
 * The JSON Canonicalization Scheme (RFC 8785) for documents whose numbers are integers 0 … 2^53-1.
 * Other numbers are refused: their shortest decimal form differs between implementations, and
 * nothing here needs them.
 */
public final class CanonicalJson {
  /** Largest number, RFC 8785 section 3.2.2.3 and RFC 7493. */
  public static final long MAX_INTEGER = (1L << 53) - 1;

  private static final int MAX_DEPTH = 16;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxNumberLength(32)
                          .maxStringLength(1 << 20)
                          .build())
                  .build())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private CanonicalJson() {}

  /**
   * Parses bytes that must be the canonical form of what they hold.
   *
   * @param what names them in errors, which never quote them
   * @throws TsspException with the given reason when they are not canonical JSON
   */
  public static JsonNode parse(byte[] bytes, String what, Reason reason) {
    JsonNode node;
    try {
      node = MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw new TsspException(reason, what + " is not JSON without duplicate keys");
    }
    if (node == null || node.isMissingNode()) {
      throw new TsspException(reason, what + " is empty");
    }
    byte[] canonical;
    try {
      canonical = write(node);
    } catch (IllegalArgumentException e) {
      throw new TsspException(reason, what + ": " + e.getMessage());
    }
    if (!Arrays.equals(bytes, canonical)) {
      throw new TsspException(reason, what + " is not in canonical form (RFC 8785)");
    }
    return node;
  }

  /**
   * The canonical form.
   *
   * @throws IllegalArgumentException for a number that is no integer from 0 to 2^53-1, or a string
   *     that is not Unicode
   */
  public static byte[] write(JsonNode node) {
    StringBuilder out = new StringBuilder();
    append(node, out);
    return out.toString().getBytes(UTF_8);
  }

  private static void append(JsonNode node, StringBuilder out) {
    switch (node.getNodeType()) {
      case OBJECT -> {
        // RFC 8785 section 3.2.3 sorts by UTF-16 code units, as String.compareTo does.
        TreeMap<String, JsonNode> sorted = new TreeMap<>();
        node.properties().forEach(e -> sorted.put(e.getKey(), e.getValue()));
        String separator = "{";
        for (var entry : sorted.entrySet()) {
          out.append(separator);
          appendString(entry.getKey(), out);
          out.append(':');
          append(entry.getValue(), out);
          separator = ",";
        }
        out.append(sorted.isEmpty() ? "{}" : "}");
      }
      case ARRAY -> {
        String separator = "[";
        for (JsonNode item : node) {
          out.append(separator);
          append(item, out);
          separator = ",";
        }
        out.append(node.isEmpty() ? "[]" : "]");
      }
      case STRING -> appendString(node.textValue(), out);
      case BOOLEAN, NULL -> out.append(node.asText());
      case NUMBER -> {
        if (!node.isIntegralNumber()
            || !node.canConvertToLong()
            || node.longValue() < 0
            || node.longValue() > MAX_INTEGER) {
          throw new IllegalArgumentException("a number is not an integer from 0 to " + MAX_INTEGER);
        }
        out.append(node.longValue());
      }
      default -> throw new IllegalArgumentException("no JSON value: " + node.getNodeType());
    }
  }

  /** RFC 8785 section 3.2.2.2. */
  private static void appendString(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else if (Character.isSurrogate(c)) {
            boolean pair =
                Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (!pair) {
              throw new IllegalArgumentException("a string holds half a surrogate pair");
            }
            out.append(c).append(text.charAt(++i));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
