package dev.tensafe.formats.regex;

/** Places between the characters of a text. */
enum Place {
  START,
  LINE_START,
  /** The end, and before a line feed that ends the text: {@code $}. */
  END,
  LINE_END,
  /** The end alone: {@code \Z}. */
  VERY_END,
  WORD_EDGE,
  NO_WORD_EDGE;

  boolean isAt(String text, int at) {
    int end = text.length();
    return switch (this) {
      case START -> at == 0;
      case LINE_START -> at == 0 || text.charAt(at - 1) == '\n';
      case END -> at == end || (at == end - 1 && text.charAt(at) == '\n');
      case LINE_END -> at == end || text.charAt(at) == '\n';
      case VERY_END -> at == end;
      case WORD_EDGE -> end > 0 && isEdge(text, at);
      // of an empty text Python says neither, before 3.14
      case NO_WORD_EDGE -> end > 0 && !isEdge(text, at);
    };
  }

  private static boolean isEdge(String text, int at) {
    boolean before = at > 0 && CharTest.WORD.test(text.charAt(at - 1));
    boolean after = at < text.length() && CharTest.WORD.test(text.charAt(at));
    return before != after;
  }
}
