package dev.tensafe.server.openai;

import dev.tensafe.batching.text.IncrementalDecoder;
import org.jspecify.annotations.Nullable;

/**
 * A prompt that its answer repeats.
 *
 * @param text of the prompt; without the bytes at its end that the output may make a character of
 * @param offsets of each token in the text, in code points; what is no text takes no place
 * @param tokens the texts of the tokens as reports show them
 */
public record EchoedPrompt(String text, int[] offsets, String[] tokens) {
  /** Sizes only: prompts are secret. */
  @Override
  public String toString() {
    return "EchoedPrompt[" + tokens.length + " tokens]";
  }

  /**
   * A prompt with the places of its tokens. Slow for long ones.
   *
   * @param given the prompt's text; null when it came as tokens
   * @param ends whether no output follows
   */
  public static EchoedPrompt of(TokenTexts texts, int[] ids, @Nullable String given, boolean ends) {
    IncrementalDecoder decoder = texts.decoder();
    StringBuilder text = new StringBuilder();
    int[] offsets = new int[ids.length];
    String[] tokens = new String[ids.length];
    int certain = 0;
    for (int i = 0; i < ids.length; i++) {
      IncrementalDecoder.Piece piece = decoder.place(ids[i]);
      offsets[i] = certain + piece.before();
      tokens[i] = texts.text(ids[i], piece.bytes());
      text.append(piece.text());
      certain += PlacedTokens.length(piece.text());
    }
    if (ends) {
      text.append(decoder.finish());
    }
    if (given == null || given.contentEquals(text)) {
      return new EchoedPrompt(text.toString(), offsets, tokens);
    }
    return located(texts, ids, given);
  }

  /** Tokens do not spell every text: case is folded, a special token may be written out. */
  private static EchoedPrompt located(TokenTexts texts, int[] ids, String given) {
    int[] offsets = texts.starts(given);
    int end = PlacedTokens.length(given);
    for (int i = offsets.length - 1, next = end; i >= 0; i--) {
      offsets[i] = offsets[i] < 0 ? next : Math.min(offsets[i], next);
      next = offsets[i];
    }
    String[] tokens = new String[ids.length];
    for (int i = 0; i < ids.length; i++) {
      int to = i + 1 < ids.length ? offsets[i + 1] : end;
      if (texts.partial(ids[i])) {
        tokens[i] = texts.text(ids[i]);
      } else if (to == offsets[i]) {
        tokens[i] = texts.nameless(ids[i]);
      } else {
        int from = given.offsetByCodePoints(0, offsets[i]);
        tokens[i] = given.substring(from, given.offsetByCodePoints(from, to - offsets[i]));
      }
    }
    return new EchoedPrompt(given, offsets, tokens);
  }
}
