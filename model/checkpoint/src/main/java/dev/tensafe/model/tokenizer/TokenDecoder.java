package dev.tensafe.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.model.shape.ModelException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of a {@code tokenizer.json}, applied to one token by itself. A decoder is a chain of
 * stages; it is followed as long as each stage treats every token alone. The stages after the
 * tokens are joined may only strip the ends of the whole text, which is left to the caller.
 *
 * @param stages in order; the first that answers bytes ends the chain
 * @param start what is stripped once the tokens are joined; null when a text that grows cannot be
 *     followed, because its end is stripped or something other than spaces
 */
record TokenDecoder(List<Stage> stages, @Nullable TextStart start) {
  /** One stage of the chain. */
  sealed interface Stage {
    /** Substitutes a string wherever it occurs, such as U+2581 by a space. */
    record Replace(String pattern, String content) implements Stage {}

    /** Reads {@code <0xNN>} as one byte. */
    record ByteFallback() implements Stage {}

    /** Reads the byte alphabet; a token with a character outside of it is plain text. */
    record ByteLevel() implements Stage {}

    /** Removes a character from both ends, at most so many times. */
    record Strip(String content, int start, int stop) implements Stage {}
  }

  TokenDecoder {
    stages = List.copyOf(stages);
  }

  /**
   * Reads the decoder's description.
   *
   * @throws ModelException {@code tokenizer.bytes_unsupported} for a decoder under which the bytes
   *     of a token depend on its neighbours
   */
  static TokenDecoder read(JsonNode decoder) {
    List<Stage> stages = new ArrayList<>();
    boolean joined = false;
    @Nullable TextStart start = TextStart.WHOLE;
    for (JsonNode stage : chain(decoder)) {
      boolean strips = joined && type(stage).equals("Strip");
      if (type(stage).equals("Metaspace") && prepends(stage)) {
        start = new TextStart(Integer.MAX_VALUE, true);
      } else if (strips && start != null) {
        start = stripping(stage, start);
      }
      joined = add(stage, joined, stages);
    }
    return new TokenDecoder(stages, start);
  }

  /** Whether the first token's replacements are what encoding put there, not spaces. */
  private static boolean prepends(JsonNode metaspace) {
    return metaspace.path("add_prefix_space").asBoolean(true)
        && !metaspace.path("prepend_scheme").asText("always").equals("never");
  }

  private static @Nullable TextStart stripping(JsonNode strip, TextStart before) {
    if (strip.path("stop").asInt() > 0 || !strip.path("content").asText().equals(" ")) {
      return null;
    }
    return new TextStart(before.spaces() + strip.path("start").asInt(), false);
  }

  private static Iterable<JsonNode> chain(JsonNode decoder) {
    return type(decoder).equals("Sequence") ? decoder.path("decoders") : List.of(decoder);
  }

  private static String type(JsonNode stage) {
    return stage.path("type").asText("none");
  }

  /** Adds a stage; says whether the tokens are joined after it. */
  private static boolean add(JsonNode stage, boolean joined, List<Stage> stages) {
    String type = type(stage);
    if (joined && !type.equals("Strip") && !type.equals("Fuse")) {
      throw unsupported(type + " after the tokens are joined");
    }
    switch (type) {
      case "Replace" -> {
        JsonNode pattern = stage.path("pattern").path("String");
        if (!pattern.isTextual()) {
          throw unsupported("Replace by a regular expression");
        }
        stages.add(new Stage.Replace(pattern.asText(), stage.path("content").asText()));
      }
      case "Metaspace" ->
          stages.add(new Stage.Replace(stage.path("replacement").asText("\u2581"), " "));
      case "ByteFallback" -> stages.add(new Stage.ByteFallback());
      case "ByteLevel" -> {
        stages.add(new Stage.ByteLevel());
        return true;
      }
      case "Strip" -> {
        if (!joined) {
          stages.add(
              new Stage.Strip(
                  stage.path("content").asText(),
                  stage.path("start").asInt(),
                  stage.path("stop").asInt()));
        }
      }
      case "Fuse" -> {
        return true;
      }
      default -> throw unsupported(type);
    }
    return joined;
  }

  private static ModelException unsupported(String what) {
    return new ModelException(
        "tokenizer.bytes_unsupported",
        "decoder "
            + what
            + ": a token has no bytes of its own; ByteLevel, Metaspace, and sequences of Replace,"
            + " ByteFallback, Strip, Fuse are supported");
  }

  /** The bytes of a token. */
  byte[] bytes(String token) {
    String text = token;
    for (Stage stage : stages) {
      if (stage instanceof Stage.Replace replace) {
        text = text.replace(replace.pattern(), replace.content());
      } else if (stage instanceof Stage.Strip strip) {
        text = stripped(text, strip);
      } else if (stage instanceof Stage.ByteFallback) {
        int value = fallback(text);
        if (value >= 0) {
          return new byte[] {(byte) value};
        }
      } else {
        return byteLevel(text);
      }
    }
    return text.getBytes(UTF_8);
  }

  private static String stripped(String text, Stage.Strip strip) {
    int from = 0;
    int to = text.length();
    int step = strip.content().length();
    for (int i = 0; i < strip.start() && text.startsWith(strip.content(), from); i++) {
      from += step;
    }
    for (int i = 0; i < strip.stop() && to - step >= from; i++) {
      if (text.startsWith(strip.content(), to - step)) {
        to -= step;
      }
    }
    return text.substring(from, to);
  }

  private static int fallback(String token) {
    boolean shaped = token.length() == 6 && token.startsWith("<0x") && token.endsWith(">");
    if (!shaped) {
      return -1;
    }
    int high = Character.digit(token.charAt(3), 16);
    int low = Character.digit(token.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
  }

  private static byte[] byteLevel(String token) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      int value = ByteAlphabet.value(token.charAt(i));
      if (value < 0) {
        return token.getBytes(UTF_8);
      }
      out.write(value);
    }
    return out.toByteArray();
  }
}
