package dev.tensafe.batching.text;

import dev.tensafe.model.tokenizer.TextStart;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.Set;

/**
 * Decodes a growing list of tokens piece by piece, so that the pieces joined are the text. Special
 * tokens have none, and half a character is held back until it is whole or {@link #finish} is
 * called. Confined to one thread.
 */
public interface IncrementalDecoder {
  /**
   * What one token added.
   *
   * @param text that became certain; may begin before the token and end before its end
   * @param before code points of {@code text} that stand before the token: 1 when it broke off a
   *     character that tokens before it had begun, else 0
   * @param bytes what the token itself contributes to the text in UTF-8, part of a character
   *     perhaps; empty for a token without text
   */
  record Piece(String text, int before, byte[] bytes) {
    /** Sizes only: what a model says is secret. */
    @Override
    public String toString() {
      return "Piece[" + bytes.length + " bytes]";
    }
  }

  /** Everything that later text depends on. */
  sealed interface State permits ByteDecoder.Held, WindowDecoder.Window {}

  /** The decoder for a tokenizer's texts. */
  static IncrementalDecoder of(Tokenizer tokenizer) {
    return of(tokenizer, Set.of());
  }

  /**
   * The decoder for texts in which some special tokens are shown.
   *
   * @param shown ids of special tokens that stand for their text all the same; none are where
   *     tokens have no bytes of their own
   */
  static IncrementalDecoder of(Tokenizer tokenizer, Set<Integer> shown) {
    TextStart start = tokenizer.textStart();
    return start == null ? new WindowDecoder(tokenizer) : new ByteDecoder(tokenizer, start, shown);
  }

  /**
   * Sets tokens that come before the text: the first piece then joins to theirs (a leading space is
   * kept, a character they began is completed). Must come before the first {@link #place}.
   */
  void precede(int[] context);

  /** Adds a token. */
  Piece place(int token);

  /** Adds a token; returns the text that became certain, possibly none. */
  default String add(int token) {
    return place(token).text();
  }

  /** The state, to be {@link #restore restored} later. */
  State state();

  /** Returns to a state that {@link #state} gave. */
  void restore(State state);

  /** Returns what was held back. */
  String finish();
}
