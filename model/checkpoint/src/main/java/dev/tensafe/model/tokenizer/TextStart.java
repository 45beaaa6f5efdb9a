package dev.tensafe.model.tokenizer;

/**
 * What decoding takes from the start of a text: spaces that encoding put there.
 *
 * @param spaces how many at most
 * @param inFirstToken whether only the first token's count
 */
public record TextStart(int spaces, boolean inFirstToken) {
  /** Nothing. */
  static final TextStart WHOLE = new TextStart(0, false);
}
