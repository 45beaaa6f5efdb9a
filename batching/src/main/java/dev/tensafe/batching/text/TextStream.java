package dev.tensafe.batching.text;

import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The text of one output as it grows: tokens in, text that may be shown out. Streamed and whole
 * answers both come from here, so they are the same. Tokens can be dropped from the end again: the
 * state is kept after every {@value #CHECKPOINT} tokens, and those since are added once more.
 * Confined to one thread.
 */
public final class TextStream {
  /** Tokens between kept states: what a rewinding costs at most, in tokens to decode again. */
  private static final int CHECKPOINT = 32;

  /** Stands in the history for a token without text. */
  private static final int WITHOUT_TEXT = -1;

  private final IncrementalDecoder decoder;
  private final StopMatcher matcher;
  private final int armedFrom;
  private final List<Checkpoint> checkpoints = new ArrayList<>();
  private int[] history = new int[CHECKPOINT];
  private int count;

  private record Checkpoint(IncrementalDecoder.State decoder, StopMatcher.State matcher) {}

  /**
   * @param stops texts that end the output and are not part of it
   * @param armedFrom tokens the output must have before a stop string ends it; until then stop
   *     strings are text
   */
  public TextStream(Tokenizer tokenizer, List<String> stops, int armedFrom) {
    this(tokenizer, stops, armedFrom, Set.of());
  }

  /**
   * @param stops texts that end the output and are not part of it
   * @param armedFrom tokens the output must have before a stop string ends it; until then stop
   *     strings are text
   * @param shown special tokens that are text
   */
  public TextStream(Tokenizer tokenizer, List<String> stops, int armedFrom, Set<Integer> shown) {
    this.decoder = IncrementalDecoder.of(tokenizer, shown);
    this.matcher = new StopMatcher(stops);
    this.armedFrom = armedFrom;
  }

  /** Makes the text continue that of {@code context}; before the first token. */
  public void precede(int[] context) {
    if (count > 0) {
      throw new IllegalStateException("the text has begun");
    }
    decoder.precede(context);
  }

  /** Adds a token; returns text to show, possibly none. */
  public String add(int token) {
    remember(token);
    return matcher.add(decoder.add(token), armed());
  }

  /** Adds a token that ends the output: it counts, but has no text. */
  public void addEnd() {
    remember(WITHOUT_TEXT);
  }

  /** Whether a stop string ended the output. */
  public boolean stopped() {
    return matcher.matched();
  }

  /** The stop string that ended the output; null for none. */
  public @Nullable String stop() {
    return matcher.stop();
  }

  /** The rest, when no more tokens come; a stop string completed by it still cuts. */
  public String finish() {
    if (matcher.matched()) {
      return "";
    }
    String shown = matcher.add(decoder.finish(), armed());
    return matcher.matched() ? shown : shown + matcher.finish();
  }

  /**
   * Drops the last tokens, as if they had never been added and the text not been finished. What was
   * shown of them is for the caller to take back.
   */
  public void rewind(int tokens) {
    if (tokens < 0 || tokens > count) {
      throw new IllegalArgumentException(tokens + " of " + count + " tokens cannot be dropped");
    }
    int target = count - tokens;
    if (checkpoints.isEmpty()) {
      return; // no token was ever added
    }
    int kept = Math.min(target / CHECKPOINT, checkpoints.size() - 1);
    decoder.restore(checkpoints.get(kept).decoder());
    matcher.restore(checkpoints.get(kept).matcher());
    checkpoints.subList(kept + 1, checkpoints.size()).clear();
    count = kept * CHECKPOINT;
    while (count < target) {
      int token = history[count];
      if (token == WITHOUT_TEXT) {
        addEnd();
      } else {
        add(token);
      }
    }
  }

  private boolean armed() {
    return count >= armedFrom;
  }

  private void remember(int token) {
    if (count % CHECKPOINT == 0 && count / CHECKPOINT == checkpoints.size()) {
      checkpoints.add(new Checkpoint(decoder.state(), matcher.state()));
    }
    if (count == history.length) {
      history = Arrays.copyOf(history, count * 2);
    }
    history[count++] = token;
  }
}
