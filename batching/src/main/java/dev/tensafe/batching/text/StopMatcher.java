package dev.tensafe.batching.text;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts text at the first stop string, also when it arrives in pieces: text that may be the
 * beginning of a stop string is held back. Confined to one thread.
 */
public final class StopMatcher {
  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private @Nullable String matched;

  public StopMatcher(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /** Whether a stop string was met; everything after it is dropped. */
  public boolean matched() {
    return matched != null;
  }

  /** The stop string that was met; null for none. */
  public @Nullable String stop() {
    return matched;
  }

  /**
   * Adds text; returns what can be shown.
   *
   * @param armed whether a complete stop string ends the text; if not, it passes as text
   */
  public String add(String text, boolean armed) {
    if (matched != null) {
      return "";
    }
    held.append(text);
    if (armed) {
      int first = -1;
      String met = null;
      for (String stop : stops) {
        int at = held.indexOf(stop);
        if (at >= 0 && (first < 0 || at < first)) {
          first = at;
          met = stop;
        }
      }
      if (first >= 0) {
        matched = met;
        String shown = held.substring(0, first);
        held.setLength(0);
        return shown;
      }
    }
    int keep = partialMatch();
    String shown = held.substring(0, held.length() - keep);
    held.delete(0, held.length() - keep);
    return shown;
  }

  /** Everything that later text depends on. */
  record State(String held, @Nullable String matched) {}

  /** The state, to be {@link #restore restored} later. */
  State state() {
    return new State(held.toString(), matched);
  }

  void restore(State state) {
    held.setLength(0);
    held.append(state.held());
    matched = state.matched();
  }

  /** Returns what was held back, at the end of the text. */
  public String finish() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  /** Length of the longest end of the text that begins a stop string. */
  private int partialMatch() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
        if (stop.startsWith(held.substring(held.length() - n))) {
          longest = n;
          break;
        }
      }
    }
    return longest;
  }
}
