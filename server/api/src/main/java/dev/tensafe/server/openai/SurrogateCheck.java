package dev.tensafe.server.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.UnicodeText;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Refuses texts that hold half a surrogate pair, which JSON can write ({@code "\ud83d"}) and UTF-8
 * cannot: the tokenizer would break every other character beyond the basic plane for it.
 */
final class SurrogateCheck {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

  private SurrogateCheck() {}

  /**
   * Looks at all texts of a body; in names the JSON library refuses such halves itself ({@link
   * #inName}).
   *
   * @throws ApiException 400 with code {@code invalid_unicode}, naming the field
   */
  static void check(JsonNode body) {
    check(body, "");
  }

  private static void check(JsonNode node, String path) {
    if (node.isTextual()) {
      refuse(node.textValue(), path);
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        check(node.get(i), path + "[" + i + "]");
      }
    } else if (node.isObject()) {
      for (Map.Entry<String, JsonNode> entry : node.properties()) {
        check(entry.getValue(), below(path, name(entry.getKey())));
      }
    }
  }

  private static void refuse(String text, String path) {
    if (UnicodeText.loneSurrogate(text) >= 0) {
      throw refusal(path);
    }
  }

  private static ApiException refusal(String path) {
    return ApiException.invalid(
        path,
        "invalid_unicode",
        "'" + path + "' holds half of a surrogate pair, which is no character");
  }

  /** Whether a parser stopped at such a half in the name of a field. */
  static boolean isInName(JsonProcessingException stopped) {
    String message = stopped.getOriginalMessage();
    return message.contains("surrogate") && message.contains("field name");
  }

  /**
   * The answer to such a half in a name.
   *
   * @param object where the parser stopped; its name is not known
   */
  static ApiException inName(JsonStreamContext object) {
    return refusal(below(path(object), "…"));
  }

  private static String path(JsonStreamContext context) {
    JsonStreamContext parent = context.getParent();
    if (parent == null || parent.inRoot()) {
      return "";
    }
    return parent.inArray()
        ? path(parent) + "[" + parent.getCurrentIndex() + "]"
        : below(path(parent), name(parent.getCurrentName()));
  }

  private static String below(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** A name that may be said back. */
  private static String name(String key) {
    return NAME.matcher(key).matches() ? key : "…";
  }
}
