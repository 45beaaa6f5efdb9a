package dev.tensafe.server.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Request bodies to JSON and back: strict UTF-8, bounded nesting, errors that quote nothing. */
public final class JsonBody {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  // names come from clients: they are not kept
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(BodyReader.MAX_DEPTH)
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNumberLength(BodyReader.MAX_NUMBER)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonBody() {}

  /**
   * Parses one JSON object.
   *
   * @throws ApiException 400 with code {@code invalid_utf8}, {@code invalid_json} or {@code
   *     invalid_unicode}
   */
  public static JsonNode parse(byte[] body) {
    JsonNode node;
    // decoded as it is read: a long body is not held twice
    try (Reader text = new InputStreamReader(new ByteArrayInputStream(body), strict())) {
      node = BodyReader.body(text);
    } catch (CharacterCodingException e) {
      throw ApiException.invalid(null, "invalid_utf8", "the body is not valid UTF-8");
    } catch (JsonProcessingException e) {
      if (SurrogateCheck.isInName(e) && e.getProcessor() instanceof JsonParser parser) {
        throw SurrogateCheck.inName(parser.getParsingContext());
      }
      var at = e.getLocation();
      String where =
          at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")";
      String deep =
          e.getOriginalMessage().contains("nesting depth")
              ? ": nested deeper than " + BodyReader.MAX_DEPTH
              : "";
      throw ApiException.invalid(null, "invalid_json", "the body is not valid JSON" + where + deep);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (node == null || !node.isObject()) {
      throw ApiException.invalid(null, "invalid_json", "the body must be one JSON object");
    }
    SurrogateCheck.check(node);
    return node;
  }

  /**
   * What a text says as JSON; null where it is none.
   *
   * @throws ApiException 400 naming the field, for JSON that is deeper than a body may be, or has
   *     numbers too long for it
   */
  public static @Nullable JsonNode read(String text, String field) {
    try {
      return MAPPER.readTree(text);
    } catch (StreamConstraintsException e) {
      throw ApiException.invalid(
          field,
          "invalid_value",
          "'"
              + field
              + "' is nested deeper than "
              + BodyReader.MAX_DEPTH
              + ", or has a number too long");
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  /**
   * What a text says as a JSON Schema, read exactly; null where it is no JSON.
   *
   * @throws ApiException 400 naming the field, for one that is too deep or has numbers too long
   */
  static @Nullable JsonNode schema(String text, String field) {
    try {
      JsonNode node = BodyReader.schema(new StringReader(text));
      return node.isMissingNode() ? null : node;
    } catch (StreamConstraintsException e) {
      throw ApiException.invalid(
          field,
          "invalid_value",
          "'"
              + field
              + "' is nested deeper than "
              + BodyReader.MAX_SCHEMA_DEPTH
              + ", or has a number too long");
    } catch (JsonProcessingException e) {
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a text that a model wrote says as JSON; null where it is none that can be read. */
  public static @Nullable JsonNode readOutput(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
  }

  private static CharsetDecoder strict() {
    return StandardCharsets.UTF_8
        .newDecoder()
        .onMalformedInput(CodingErrorAction.REPORT)
        .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** A value of lists, maps and plain values as JSON. */
  public static String compact(@Nullable Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A value of lists, maps and plain values as JSON, with lines and indents. */
  static String indented(Object value) {
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The error body: all four keys, always. */
  public static ObjectNode error(ApiException error) {
    ObjectNode out = object();
    ObjectNode inner = out.putObject("error");
    inner.put("message", error.text());
    inner.put("type", error.type());
    putOrNull(inner, "param", error.param());
    putOrNull(inner, "code", error.code());
    return out;
  }

  private static void putOrNull(ObjectNode node, String key, @Nullable String value) {
    if (value == null) {
      node.putNull(key);
    } else {
      node.put(key, value);
    }
  }
}
