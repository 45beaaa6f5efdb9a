package dev.tensafe.server.openai;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.text.IncrementalDecoder;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * Tokens as log-probability reports show them: by their text where that is whole characters, as
 * OpenAI's {@code bytes:\xe2\x82} where it is part of one, and special ones by their name.
 * Thread-safe.
 */
public final class TokenTexts {
  private static final byte[] NONE = {};

  private final Tokenizer tokenizer;

  /** Tokens of a letter, and their text. */
  private final int[] anchor;

  private final String anchorText;

  public TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.anchor = tokenizer.encode("a", false);
    this.anchorText = tokenizer.decode(anchor, false);
  }

  /** A decoder of texts of these tokens. */
  IncrementalDecoder decoder() {
    return decoder(Set.of());
  }

  /** A decoder of texts in which some special tokens are shown. */
  IncrementalDecoder decoder(Set<Integer> shown) {
    return IncrementalDecoder.of(tokenizer, shown);
  }

  /** Where the tokens of a text begin in it, as {@link Tokenizer#starts}. */
  int[] starts(String text) {
    return tokenizer.starts(text, true);
  }

  /** The token inside a text, so that a leading space is kept. */
  String text(int token) {
    if (tokenizer.hasBytes(token)) {
      return shown(tokenizer.bytes(token));
    }
    int[] both = Arrays.copyOf(anchor, anchor.length + 1);
    both[anchor.length] = token;
    String joined = tokenizer.decode(both, false);
    String text =
        joined.startsWith(anchorText)
            ? joined.substring(anchorText.length())
            : tokenizer.decode(new int[] {token}, false);
    return text.isEmpty() ? byId(token) : text;
  }

  /** The token where its contribution to the text is known. */
  String text(int token, byte[] contributed) {
    return contributed.length == 0 ? nameless(token) : shown(contributed);
  }

  /** A token that is no text there: a special one has its name, a stripped space has none. */
  String nameless(int token) {
    return tokenizer.special(token) || !tokenizer.hasBytes(token) ? text(token) : "";
  }

  /** Whether a token is only a part of a character. */
  boolean partial(int token) {
    return tokenizer.hasBytes(token)
        && !tokenizer.special(token)
        && new String(tokenizer.bytes(token), UTF_8).indexOf('\uFFFD') >= 0;
  }

  private static String shown(byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return "bytes:\\x" + HexFormat.ofDelimiter("\\x").formatHex(bytes);
    }
  }

  private static String byId(int token) {
    return "token_id:" + token;
  }

  /** The bytes that a token adds to a text; special ones add none. */
  private byte[] bytes(int token) {
    if (tokenizer.special(token)) {
      return NONE;
    }
    return tokenizer.hasBytes(token) ? tokenizer.bytes(token) : text(token).getBytes(UTF_8);
  }

  /**
   * The most likely tokens as an object. A token whose text another has already is shown by its id,
   * so that as many are given as were asked for; the token itself keeps its text.
   */
  void putTop(ObjectNode node, PlacedToken placed) {
    Set<String> taken = new java.util.HashSet<>(Set.of(placed.text()));
    for (TokenLogprob.Alternative other : placed.score().top()) {
      boolean itself = other.token() == placed.score().token();
      String text = itself ? placed.text() : text(other.token());
      node.put(itself || taken.add(text) ? text : byId(other.token()), other.logprob());
    }
  }

  /** {@code token}, {@code logprob}, {@code bytes} of a token that was not chosen. */
  ObjectNode entry(TokenLogprob.Alternative other) {
    return entry(text(other.token()), other.logprob(), bytes(other.token()));
  }

  /** {@code token}, {@code logprob}, {@code bytes}. */
  static ObjectNode entry(String text, double logprob, byte[] bytes) {
    ObjectNode out = JsonBody.object();
    out.put("token", text);
    out.put("logprob", logprob);
    ArrayNode array = out.putArray("bytes");
    for (byte b : bytes) {
      array.add(b & 0xff);
    }
    return out;
  }
}
