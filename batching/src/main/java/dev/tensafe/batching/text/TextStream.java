package dev.tensafe.batching.text;

import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.List;

/**
 * The text of one output as it grows: tokens in, text that may be shown out. Streamed and whole
 * answers both come from here, so they are the same. Confined to one thread.
 */
public final class TextStream {
  private final IncrementalDecoder decoder;
  private final StopMatcher matcher;

  public TextStream(Tokenizer tokenizer, List<String> stops) {
    this.decoder = new IncrementalDecoder(tokenizer, true);
    this.matcher = new StopMatcher(stops);
  }

  /** Makes the text continue that of {@code context}; before the first token. */
  public void precede(int[] context) {
    decoder.precede(context);
  }

  /**
   * Adds a token; returns text to show, possibly none.
   *
   * @param armed whether stop strings end the output yet
   */
  public String add(int token, boolean armed) {
    return matcher.add(decoder.add(token), armed);
  }

  /** Whether a stop string ended the output. */
  public boolean stopped() {
    return matcher.matched();
  }

  /** The rest, when no more tokens come; a stop string completed by it still cuts. */
  public String finish(boolean armed) {
    if (matcher.matched()) {
      return "";
    }
    String shown = matcher.add(decoder.finish(), armed);
    return matcher.matched() ? shown : shown + matcher.finish();
  }
}
