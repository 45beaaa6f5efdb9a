package dev.tensafe.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The JSON reader for files: duplicate keys are refused, nesting is bounded, nothing may follow the
 * document. Parse errors never quote the content.
 */
public final class Json {
  private static final int MAX_DEPTH = 64;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(64 << 20)
                          .build())
                  .build())
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  static final String FOLLOWED = "something follows the end of the document";

  private Json() {}

  /**
   * Reads a whole file as one JSON object.
   *
   * @throws FormatException {@code <area>.missing} when there is no such file, {@code
   *     <area>.invalid_json} when it is not one JSON object
   */
  public static JsonNode readObject(Path file, String area) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new FormatException(area + ".missing", "there is no file " + file, e);
    } catch (IOException e) {
      throw new FormatException(area + ".unreadable", "cannot read " + file, e);
    }
    return parseObject(bytes, file.getFileName().toString(), area);
  }

  /** Parses bytes as one JSON object; {@code what} names them in the error. */
  public static JsonNode parseObject(byte[] bytes, String what, String area) {
    JsonNode node;
    try {
      node = MAPPER.readTree(bytes);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      String where =
          at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
      throw new FormatException(
          area + ".invalid_json", what + " is not valid JSON" + where + ": " + reason(e));
    } catch (IOException | NumberFormatException e) {
      // The latter comes out of Jackson for an exponent no BigDecimal can have.
      throw new FormatException(area + ".invalid_json", what + " is not valid JSON", e);
    }
    if (node == null || !node.isObject()) {
      throw new FormatException(area + ".invalid_json", what + " must hold one JSON object");
    }
    return node;
  }

  /** Whether bytes are one JSON object. */
  public static boolean isObject(byte[] bytes) {
    try {
      return parseObject(bytes, "", "json").isObject();
    } catch (FormatException e) {
      return false;
    }
  }

  /** What is wrong, in words of ours: Jackson's may quote the content. */
  static String reason(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    if (message.startsWith("Duplicate field")) {
      return "a key appears twice";
    }
    if (message.contains("nesting depth")) {
      return "nested deeper than " + MAX_DEPTH;
    }
    if (e instanceof JsonEOFException) {
      return "it ends too early";
    }
    if (e instanceof MismatchedInputException) {
      return FOLLOWED;
    }
    return message.contains("CTRL-CHAR")
        ? "a control character that is not escaped"
        : "what stands there is no JSON";
  }
}
