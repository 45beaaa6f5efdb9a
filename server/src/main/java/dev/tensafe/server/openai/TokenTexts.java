package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;

/** Tokens as log-probability reports show them. */
final class TokenTexts {
  private final Tokenizer tokenizer;

  TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  String text(int token) {
    return tokenizer.decode(new int[] {token}, false);
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
