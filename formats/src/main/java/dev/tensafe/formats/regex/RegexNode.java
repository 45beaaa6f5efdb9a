package dev.tensafe.formats.regex;

import java.util.List;

/** The parts of an expression. */
sealed interface RegexNode {
  /** One character. */
  record One(CharTest test) implements RegexNode {}

  /** A place between characters. */
  record At(Place place) implements RegexNode {}

  record Sequence(List<RegexNode> items) implements RegexNode {}

  record Choice(List<RegexNode> branches) implements RegexNode {}

  /**
   * @param max {@link #ENDLESS} for none
   */
  record Repeat(RegexNode item, int min, int max) implements RegexNode {}

  /**
   * @param width of what is looked back for; {@link #AHEAD} where it is looked ahead
   * @param wanted whether it must be there, or must not
   */
  record Look(RegexNode item, int width, boolean wanted) implements RegexNode {}

  int ENDLESS = Integer.MAX_VALUE;
  int AHEAD = -1;

  /** The widths of what matches vary. */
  int VARIES = -1;

  /** The characters of every match, or {@link #VARIES}. */
  static int width(RegexNode node) {
    if (node instanceof One) {
      return 1;
    }
    if (node instanceof Sequence sequence) {
      long sum = 0;
      for (RegexNode item : sequence.items()) {
        int width = width(item);
        if (width == VARIES) {
          return VARIES;
        }
        sum += width;
      }
      return sum < ENDLESS ? (int) sum : VARIES;
    }
    if (node instanceof Choice choice) {
      int[] widths = choice.branches().stream().mapToInt(RegexNode::width).distinct().toArray();
      return widths.length == 1 ? widths[0] : VARIES;
    }
    if (node instanceof Repeat repeat) {
      long width = repeat.max() == 0 ? 0 : width(repeat.item());
      if (width == 0) {
        return 0;
      }
      long all = width * repeat.min();
      return width == VARIES || repeat.min() != repeat.max() || all >= ENDLESS ? VARIES : (int) all;
    }
    return 0;
  }
}
