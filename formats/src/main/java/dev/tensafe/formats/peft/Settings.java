package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.FormatException;
import java.util.ArrayList;
import java.util.List;

/** How settings of {@code adapter_config.json} are read, and the errors about them. */
final class Settings {
  private static final String FILE = "adapter_config.json: ";

  private Settings() {}

  /** The setting's name in errors. */
  static String where(String key) {
    return FILE + key;
  }

  static boolean absent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }

  /** Whether Python takes the value for false: none, an empty text, list or object, zero, false. */
  static boolean nothing(JsonNode value) {
    return absent(value)
        || (value.isContainerNode() && value.isEmpty())
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isBoolean() && !value.booleanValue());
  }

  static boolean flag(JsonNode root, String key) {
    JsonNode value = root.path(key);
    if (absent(value)) {
      return false;
    }
    if (!value.isBoolean()) {
      throw bad(key, "must be true or false");
    }
    return value.booleanValue();
  }

  /** The texts of a list, or the one text that stands for it. */
  static List<String> texts(JsonNode value, String key) {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : value.isArray() ? value : List.of(value)) {
      if (!text.isTextual()) {
        throw bad(key, "must hold names");
      }
      texts.add(text.textValue());
    }
    return List.copyOf(texts);
  }

  static FormatException bad(String key, String problem) {
    return new FormatException("peft.config", FILE + key + " " + problem);
  }

  static FormatException unsupported(String key, String why) {
    return new FormatException("peft.unsupported", "adapter_config.json sets " + key + ": " + why);
  }
}
