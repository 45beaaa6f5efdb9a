package dev.tensafe.batching.text;

import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * Decodes a growing list of tokens piece by piece, so that the pieces joined are the text. A
 * token's text can depend on its neighbours (joined bytes, leading spaces), so each piece is the
 * difference of two decodings of a short window; text that ends in an incomplete character is held
 * back until it is whole or {@link #finish} is called. Confined to one thread.
 */
public final class IncrementalDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private int[] tokens = new int[32];
  private int count;

  /** Start of the window; its text up to {@link #read} is not empty once anything was emitted. */
  private int window;

  /** Tokens whose text has been returned. */
  private int read;

  public IncrementalDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
    this.tokenizer = tokenizer;
    this.skipSpecialTokens = skipSpecialTokens;
  }

  /**
   * Sets tokens that come before the text: the first piece then joins to theirs (a leading space is
   * kept, say). Must come before the first {@link #add}.
   */
  public void precede(int[] context) {
    tokens = Arrays.copyOf(context, context.length + 32);
    count = context.length;
    read = count;
    window = Math.max(0, count - 16);
    if (tokenizer.decode(tokens, window, read, skipSpecialTokens).isEmpty()) {
      window = 0;
    }
  }

  /** Adds a token; returns the text that became certain, possibly none. */
  public String add(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count * 2);
    }
    tokens[count++] = token;
    return advance(false);
  }

  /** Returns what was held back. */
  public String finish() {
    return advance(true);
  }

  private String advance(boolean last) {
    String before = tokenizer.decode(tokens, window, read, skipSpecialTokens);
    String after = tokenizer.decode(tokens, window, count, skipSpecialTokens);
    boolean incomplete = !after.isEmpty() && after.charAt(after.length() - 1) == REPLACEMENT;
    if ((incomplete && !last) || after.length() <= before.length()) {
      return "";
    }
    String piece = after.substring(before.length());
    // The next window starts where this piece's tokens do, unless they decode to nothing alone.
    if (!tokenizer.decode(tokens, read, count, skipSpecialTokens).isEmpty()) {
      window = read;
    }
    read = count;
    return piece;
  }
}
