package dev.tensafe.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.Json;
import dev.tensafe.model.shape.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A model's tokenizer, as its {@code tokenizer.json} defines it (Hugging Face tokenizers). Padding
 * and truncation are always off. Thread-safe.
 */
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer delegate;

  private Tokenizer(HuggingFaceTokenizer delegate) {
    this.delegate = delegate;
  }

  /**
   * Loads {@code tokenizer.json} of a model directory.
   *
   * @throws ModelException {@code tokenizer.invalid} when the library refuses the file
   * @throws dev.tensafe.formats.FormatException {@code tokenizer.missing}, {@code
   *     tokenizer.invalid_json}
   */
  public static Tokenizer load(Path directory) {
    System.setProperty("ai.djl.offline", "true");
    Path file = directory.resolve("tokenizer.json");
    // The native parser reads the file again; this pass gives a located error for a damaged one.
    JsonNode checked = Json.readObject(file, "tokenizer");
    if (!checked.path("model").isObject()) {
      throw new ModelException("tokenizer.invalid", "tokenizer.json has no model");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return new Tokenizer(
          HuggingFaceTokenizer.newInstance(
              in, Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "true")));
    } catch (IOException | RuntimeException e) {
      throw new ModelException("tokenizer.invalid", "tokenizer.json cannot be loaded", e);
    }
  }

  /**
   * Encodes text.
   *
   * @param addSpecialTokens whether the tokenizer's own template (such as a leading BOS) applies;
   *     off for text that a chat template rendered
   */
  public int[] encode(String text, boolean addSpecialTokens) {
    Encoding encoding = delegate.encode(text, addSpecialTokens, false);
    long[] ids = encoding.getIds();
    int[] out = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      out[i] = (int) ids[i];
    }
    return out;
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

  @Override
  public void close() {
    delegate.close();
  }
}
