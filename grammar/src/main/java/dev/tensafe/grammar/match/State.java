package dev.tensafe.grammar.match;

import java.util.List;

/**
 * All that the text so far leaves open: every terminal that may be under way. What may follow
 * depends on it alone, so masks are kept by it.
 *
 * @param open none twice
 * @param accepting whether the text may end here
 */
record State(List<Progress> open, boolean accepting) {
  State {
    open = List.copyOf(open);
  }
}
