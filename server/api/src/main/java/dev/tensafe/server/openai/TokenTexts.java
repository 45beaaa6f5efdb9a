package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Tokens as log-probability reports show them. Thread-safe. */
public final class TokenTexts {
  private final Tokenizer tokenizer;

  /** Tokens of a letter, and their text. */
  private final int[] anchor;

  private final String anchorText;

  public TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.anchor = tokenizer.encode("a", false);
    this.anchorText = tokenizer.decode(anchor, false);
  }

  /** The token's text inside a text: decoded after a letter, so that a leading space is kept. */
  String text(int token) {
    int[] both = Arrays.copyOf(anchor, anchor.length + 1);
    both[anchor.length] = token;
    String joined = tokenizer.decode(both, false);
    return joined.startsWith(anchorText)
        ? joined.substring(anchorText.length())
        : tokenizer.decode(new int[] {token}, false);
  }

  /** {@code token}, {@code logprob}, {@code bytes} (null for a part of a character). */
  ObjectNode entry(int token, double logprob) {
    String text = text(token);
    ObjectNode out = JsonBody.object();
    out.put("token", text);
    out.put("logprob", logprob);
    if (text.indexOf('\uFFFD') >= 0) {
      out.putNull("bytes");
    } else {
      ArrayNode bytes = out.putArray("bytes");
      for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
        bytes.add(b & 0xff);
      }
    }
    return out;
  }
}
