package dev.tensafe.server.openai;

import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.text.IncrementalDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/**
 * Gives scored tokens their places in an output's text, and holds them back until that text is
 * shown: a token that a stop string cut off is not reported. Confined to the request's context.
 */
final class PlacedTokens {
  private final TokenTexts texts;
  private final IncrementalDecoder decoder;
  private final Deque<PlacedToken> waiting = new ArrayDeque<>();

  /** Code points of the text that the tokens so far make certain. */
  private int certain;

  /** Code points of the text that was shown. */
  private int shown;

  /**
   * @param context tokens that stand before the output
   * @param from code points that are returned before it
   * @param shown special tokens that are part of its text
   */
  PlacedTokens(TokenTexts texts, int[] context, int from, Set<Integer> shown) {
    this.texts = texts;
    this.decoder = texts.decoder(shown);
    this.decoder.precede(context);
    this.certain = from;
    this.shown = from;
  }

  /** Takes more of the output; returns the tokens whose text has begun to be shown. */
  List<PlacedToken> show(String text, List<TokenLogprob> scores) {
    for (TokenLogprob score : scores) {
      IncrementalDecoder.Piece piece = decoder.place(score.token());
      int offset = certain + piece.before();
      certain += length(piece.text());
      String name = texts.text(score.token(), piece.bytes());
      waiting.add(new PlacedToken(score, offset, name, piece.bytes()));
    }
    shown += length(text);
    List<PlacedToken> out = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.element().offset() < shown) {
      out.add(waiting.remove());
    }
    return out;
  }

  /** The tokens at the end that have no text, when no more comes. */
  List<PlacedToken> rest() {
    List<PlacedToken> out = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.element().bytes().length == 0) {
      out.add(waiting.remove());
    }
    return out;
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }
}
