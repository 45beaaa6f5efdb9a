package dev.tensafe.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The reader of configuration files that Python wrote: it takes what {@code json.dumps} writes
 * although JSON forbids it ({@code NaN}, {@code Infinity}, {@code -Infinity}), integers of the 4300
 * digits that Python reads, lone surrogates as escapes, and keys that stand there twice. So an
 * unusual value that nobody reads refuses no file. Whoever reads a value checks it: numbers may be
 * NaN or infinite, and {@link #isRepeated a repeated key} has a value of no JSON type. Nesting is
 * bounded, nothing may follow the document, errors never quote the content.
 */
public final class PythonJson {
  private static final int MAX_DEPTH = 64;

  /** Python refuses to read longer integers, {@code sys.int_info.default_max_str_digits}. */
  private static final int MAX_DIGITS = 4300;

  /** Any escape; of a surrogate its digits are a group. */
  private static final Pattern ESCAPE =
      Pattern.compile("\\\\(?:u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", Pattern.DOTALL);

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxStringLength(64 << 20)
                  .maxNumberLength(MAX_DIGITS + 1)
                  .build())
          .build();

  private static final ObjectWriter WRITER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                  .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
                  .build())
          .build()
          .writerWithDefaultPrettyPrinter();

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private PythonJson() {}

  /** The value of a key that stands twice in its object: readers of the key refuse it. */
  private enum Repeated implements JsonSerializable {
    KEY;

    @Override
    public void serialize(JsonGenerator out, SerializerProvider unused) throws IOException {
      out.writeNull();
    }

    @Override
    public void serializeWithType(JsonGenerator out, SerializerProvider unused, TypeSerializer type)
        throws IOException {
      out.writeNull();
    }

    @Override
    public String toString() {
      return "there twice";
    }
  }

  /** Whether a value is that of a key which stands twice in its object. */
  public static boolean isRepeated(JsonNode value) {
    return value instanceof POJONode node && node.getPojo() == Repeated.KEY;
  }

  /**
   * Reads a whole file as one object.
   *
   * @throws FormatException {@code <area>.missing} when there is no such file, {@code
   *     <area>.invalid_json} when it is not one object
   */
  public static JsonNode readObject(Path file, String area) {
    try {
      return parseObject(Files.readAllBytes(file), file.getFileName().toString(), area);
    } catch (NoSuchFileException e) {
      throw new FormatException(area + ".missing", "there is no file " + file, e);
    } catch (IOException e) {
      throw new FormatException(area + ".unreadable", "cannot read " + file, e);
    }
  }

  /** Parses bytes as one object; {@code what} names them in the error. */
  public static JsonNode parseObject(byte[] bytes, String what, String area) {
    try (JsonParser parser = FACTORY.createParser(characters(bytes))) {
      JsonToken first = parser.nextToken();
      JsonNode node = first == null ? NODES.missingNode() : value(parser);
      if (!node.isObject()) {
        throw new FormatException(area + ".invalid_json", what + " must hold one JSON object");
      }
      if (parser.nextToken() != null) {
        throw invalid(area, what, parser.currentTokenLocation(), Json.FOLLOWED);
      }
      return node;
    } catch (JsonProcessingException e) {
      throw invalid(area, what, e.getLocation(), Json.reason(e));
    } catch (CharacterCodingException e) {
      throw new FormatException(area + ".invalid_json", what + " is not UTF-8", e);
    } catch (IOException e) {
      throw new FormatException(area + ".invalid_json", what + " is not valid JSON", e);
    }
  }

  private static FormatException invalid(
      String area, String what, @Nullable JsonLocation at, String reason) {
    String where =
        at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
    return new FormatException(
        area + ".invalid_json", what + " is not valid JSON" + where + ": " + reason);
  }

  /** The text, with surrogates as such: the parser refuses lone ones in keys when escaped. */
  private static String characters(byte[] bytes) throws CharacterCodingException {
    String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return ESCAPE
        .matcher(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text)
        .replaceAll(escape -> Matcher.quoteReplacement(withoutSurrogate(escape)));
  }

  private static String withoutSurrogate(MatchResult escape) {
    String digits = escape.group(1);
    return digits == null
        ? escape.group()
        : Character.toString((char) Integer.parseInt(digits, 16));
  }

  /**
   * Writes what was read, as {@code json.dumps} would; the value of a repeated key becomes {@code
   * null}.
   */
  public static byte[] write(JsonNode node) {
    try {
      return WRITER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of JSON cannot be written", e);
    }
  }

  /** The value that begins at the current token; depth is bounded by the parser. */
  private static JsonNode value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> {
        ArrayNode array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          array.add(value(parser));
        }
        yield array;
      }
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT -> NODES.numberNode(parser.getBigIntegerValue());
      case VALUE_NUMBER_FLOAT -> number(parser);
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      default -> throw new IllegalStateException("a parser in the middle of nothing");
    };
  }

  private static ObjectNode object(JsonParser parser) throws IOException {
    ObjectNode object = NODES.objectNode();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      JsonNode value = value(parser);
      object.set(key, object.has(key) ? NODES.pojoNode(Repeated.KEY) : value);
    }
    return object;
  }

  private static JsonNode number(JsonParser parser) throws IOException {
    if (parser.isNaN()) {
      return NODES.numberNode(parser.getDoubleValue());
    }
    try {
      return NODES.numberNode(parser.getDecimalValue());
    } catch (JsonProcessingException | NumberFormatException e) {
      // An exponent that no BigDecimal can have. Python reads 0 or infinity.
      return NODES.numberNode(Double.parseDouble(parser.getText()));
    }
  }
}
