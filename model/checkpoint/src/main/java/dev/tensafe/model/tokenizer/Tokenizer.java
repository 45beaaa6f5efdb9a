package dev.tensafe.model.tokenizer;

import static java.util.Objects.requireNonNull;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.UnicodeText;
import dev.tensafe.formats.tokenizer.TokenizerConfig;
import dev.tensafe.model.shape.ModelException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model's tokenizer, as its {@code tokenizer.json} defines it (Hugging Face tokenizers). Padding
 * and truncation are always off. Thread-safe.
 */
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer delegate;
  private final @Nullable TokenBytes bytes;
  private final @Nullable ModelException whyNoBytes;
  private final OptionalLong reach;
  private final Set<Integer> special = new HashSet<>();

  private Tokenizer(HuggingFaceTokenizer delegate, JsonNode description) {
    this.delegate = delegate;
    TokenBytes read = null;
    ModelException reason = null;
    try {
      read = TokenBytes.of(description);
    } catch (ModelException e) {
      reason = e;
    }
    this.bytes = read;
    this.whyNoBytes = reason;
    this.reach = TokenReach.of(description);
    for (JsonNode added : description.path("added_tokens")) {
      if (added.path("special").asBoolean()) {
        special.add(added.path("id").asInt(-1));
      }
    }
  }

  /**
   * Loads {@code tokenizer.json} of a model directory, with the settings beside it applied.
   *
   * @throws ModelException {@code tokenizer.invalid} when the library refuses the file, {@code
   *     tokenizer.unsupported} for a setting
   * @throws dev.tensafe.formats.FormatException {@code tokenizer.missing}, {@code
   *     tokenizer.invalid_json}
   */
  public static Tokenizer load(Path directory) {
    System.setProperty("ai.djl.offline", "true");
    Path file = directory.resolve("tokenizer.json");
    // The native parser reads the file again; this pass gives a located error for a damaged one.
    JsonNode checked = Json.readObject(file, "tokenizer");
    if (!(checked instanceof ObjectNode description) || !checked.path("model").isObject()) {
      throw new ModelException("tokenizer.invalid", "tokenizer.json has no model");
    }
    refuseStripOfEnds(description.path("decoder"));
    boolean changed = TokenizerSettings.apply(description, TokenizerConfig.read(directory));
    try (InputStream in =
        changed
            ? new ByteArrayInputStream(new ObjectMapper().writeValueAsBytes(description))
            : Files.newInputStream(file)) {
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(
              in, Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")),
          checked);
    } catch (IOException | RuntimeException e) {
      throw new ModelException("tokenizer.invalid", "tokenizer.json cannot be loaded", e);
    }
  }

  /** The library ends the process where it strips the end of a piece that has become empty. */
  private static void refuseStripOfEnds(JsonNode decoder) {
    if (decoder.path("type").asText().equals("Strip") && decoder.path("stop").asInt() > 0) {
      throw new ModelException(
          "tokenizer.unsupported",
          "tokenizer.json: a decoder 'Strip' with a 'stop' over 0 is not supported");
    }
    decoder.path("decoders").forEach(Tokenizer::refuseStripOfEnds);
  }

  /**
   * Encodes text.
   *
   * @param addSpecialTokens whether the tokenizer's own template (such as a leading BOS) applies;
   *     off for text that a chat template rendered
   * @throws ModelException {@code tokenizer.malformed_text} for a lone surrogate
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    Encoding encoding = encoded(text, addSpecialTokens);
    long[] ids = encoding.getIds();
    int[] out = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      out[i] = (int) ids[i];
    }
    return out;
  }

  /**
   * Where each token of {@link #encode} begins in the text, in code points; several tokens of one
   * character begin where it does. −1 for a token that the tokenizer's template added.
   */
  public int[] starts(String text, boolean addSpecialTokens) {
    Encoding encoding = encoded(text, addSpecialTokens);
    CharSpan[] spans = encoding.getCharTokenSpans();
    long[] added = encoding.getSpecialTokenMask();
    int[] out = new int[spans.length];
    for (int i = 0; i < out.length; i++) {
      CharSpan span = spans[i];
      out[i] = span == null || added[i] != 0 ? -1 : span.getStart();
    }
    return out;
  }

  private Encoding encoded(String text, boolean addSpecialTokens) {
    int lone = UnicodeText.loneSurrogate(text);
    if (lone >= 0) {
      // the library would break every character beyond the basic plane for it
      throw new ModelException(
          "tokenizer.malformed_text",
          "character " + lone + " of the text is half of a surrogate pair");
    }
    return delegate.encode(text, addSpecialTokens, false);
  }

  /**
   * The bytes of UTF-8 that a text of so many tokens has at most: one that is longer has more
   * tokens, special ones not counted. {@link Long#MAX_VALUE} where that cannot be said, because
   * text is dropped on its way to tokens.
   */
  public long mostBytes(int tokens) {
    return reach.isPresent() ? reach.getAsLong() * tokens : Long.MAX_VALUE;
  }

  /** Whether a token is one that {@link #decode} may skip: it marks something, and is no text. */
  public boolean special(int id) {
    return special.contains(id);
  }

  /** Whether a token of that id exists and {@link #bytes} answers. */
  public boolean hasBytes(int id) {
    return bytes != null && bytes.has(id);
  }

  /**
   * What decoding takes from the start of a text; what follows is the bytes of its tokens.
   *
   * @return null when a text is more than the bytes of its tokens, or less
   */
  public @Nullable TextStart textStart() {
    return bytes == null ? null : bytes.start();
  }

  /** Decodes ids as one text; ids unknown to the tokenizer decode to nothing. */
  public String decode(int[] ids, int from, int to, boolean skipSpecialTokens) {
    if (from == to) {
      return "";
    }
    long[] wide = new long[to - from];
    for (int i = from; i < to; i++) {
      wide[i - from] = ids[i];
    }
    return delegate.decode(wide, skipSpecialTokens);
  }

  public String decode(int[] ids, boolean skipSpecialTokens) {
    return decode(ids, 0, ids.length, skipSpecialTokens);
  }

  /**
   * The bytes a token stands for in a text, whatever stands around it: for a byte-level vocabulary
   * or a byte-fallback token ({@code <0xNN>}) these may be part of a character; an added or special
   * token is its own text in UTF-8.
   *
   * <p>The bytes of a text's tokens, joined, are the UTF-8 of {@link #decode decode(ids, false)},
   * but for what the decoder strips from the ends of a whole text: the leading space that
   * SentencePiece puts there stands here, and is missing there.
   *
   * @throws ModelException {@code tokenizer.unknown_token} for an id without a token; {@code
   *     tokenizer.bytes_unsupported} when the tokenizer's decoder joins tokens in a way that gives
   *     a single one no bytes of its own (WordPiece, CTC, none at all)
   */
  public byte[] bytes(int id) {
    if (bytes == null) {
      ModelException reason = requireNonNull(whyNoBytes);
      throw new ModelException(reason.code(), requireNonNull(reason.getMessage()), reason);
    }
    return bytes.get(id);
  }

  @Override
  public void close() {
    delegate.close();
  }
}
