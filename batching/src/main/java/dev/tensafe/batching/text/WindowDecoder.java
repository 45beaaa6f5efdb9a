package dev.tensafe.batching.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.Arrays;

/**
 * For tokenizers whose tokens have no bytes of their own: a token's text can depend on its
 * neighbours, so each piece is the difference of two decodings of a short window; text that ends in
 * an incomplete character is held back until it is whole or {@link #finish} is called. Confined to
 * one thread.
 */
final class WindowDecoder implements IncrementalDecoder {
  private static final char REPLACEMENT = '\uFFFD';

  /** No character needs more tokens than this: text still incomplete then will never be whole. */
  private static final int MAX_HELD_TOKENS = 16;

  private final Tokenizer tokenizer;
  private int[] tokens = new int[32];
  private int count;

  /** Start of the window; its text up to {@link #read} is not empty once anything was emitted. */
  private int window;

  /** Tokens whose text has been returned. */
  private int read;

  /** Text of the tokens from {@link #window} to {@link #read}. */
  private String before = "";

  WindowDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public void precede(int[] context) {
    tokens = Arrays.copyOf(context, context.length + 32);
    count = context.length;
    read = count;
    window = Math.max(0, count - 16);
    before = tokenizer.decode(tokens, window, read, true);
    if (before.isEmpty()) {
      window = 0;
      before = tokenizer.decode(tokens, window, read, true);
    }
  }

  @Override
  public Piece place(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count * 2);
    }
    tokens[count++] = token;
    String text = advance(false);
    return new Piece(text, 0, text.getBytes(UTF_8));
  }

  /** Everything that later text depends on. */
  record Window(int[] tokens, int read, String before) implements State {}

  @Override
  public State state() {
    return new Window(Arrays.copyOfRange(tokens, window, count), read - window, before);
  }

  @Override
  public void restore(State kept) {
    Window state = (Window) kept;
    tokens = Arrays.copyOf(state.tokens(), state.tokens().length + 32);
    window = 0;
    read = state.read();
    count = state.tokens().length;
    before = state.before();
  }

  @Override
  public String finish() {
    return advance(true);
  }

  private String advance(boolean last) {
    String after = tokenizer.decode(tokens, window, count, true);
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
    String alone = tokenizer.decode(tokens, read, count, true);
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
