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

  /** No character needs more tokens than this: text still incomplete then will never be whole. */
  private static final int MAX_HELD_TOKENS = 16;

  private final Tokenizer tokenizer;
  private final boolean skipSpecialTokens;
  private int[] tokens = new int[32];
  private int count;

  /** Start of the window; its text up to {@link #read} is not empty once anything was emitted. */
  private int window;

  /** Tokens whose text has been returned. */
  private int read;

  /** Text of the tokens from {@link #window} to {@link #read}. */
  private String before = "";

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
    before = tokenizer.decode(tokens, window, read, skipSpecialTokens);
    if (before.isEmpty()) {
      window = 0;
      before = tokenizer.decode(tokens, window, read, skipSpecialTokens);
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

  /** Everything that later text depends on. */
  record State(int[] tokens, int read, String before) {}

  /** The state, to be {@link #restore restored} later. */
  State state() {
    return new State(Arrays.copyOfRange(tokens, window, count), read - window, before);
  }

  void restore(State state) {
    tokens = Arrays.copyOf(state.tokens(), state.tokens().length + 32);
    window = 0;
    read = state.read();
    count = state.tokens().length;
    before = state.before();
  }

  /** Returns what was held back. */
  public String finish() {
    return advance(true);
  }

  private String advance(boolean last) {
    String after = tokenizer.decode(tokens, window, count, skipSpecialTokens);
    boolean incomplete = !after.isEmpty() && after.charAt(after.length() - 1) == REPLACEMENT;
    boolean mayComplete = incomplete && !last && count - read <= MAX_HELD_TOKENS;
    if (!incomplete && !before.isEmpty() && after.equals(before)) {
      count = read; // tokens without text, such as special ones, would only lengthen the window
    }
    if (mayComplete || after.length() <= before.length()) {
      return "";
    }
    String piece = after.substring(before.length());
    // The next window starts where this piece's tokens do, unless they decode to nothing alone.
    String alone = tokenizer.decode(tokens, read, count, skipSpecialTokens);
    if (alone.isEmpty()) {
      before = after;
    } else {
      window = read;
      before = alone;
    }
    read = count;
    return piece;
  }
}
