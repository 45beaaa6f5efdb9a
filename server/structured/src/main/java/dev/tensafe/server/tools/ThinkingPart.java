package dev.tensafe.server.tools;

/**
 * Separates what a model thinks from what it answers. Thinking stands between {@code <think>} and
 * {@code </think>} at an answer's beginning; line breaks beside these marks belong to them.
 * Confined to one thread.
 */
final class ThinkingPart {
  private static final String OPEN = "<think>";
  private static final String CLOSE = "</think>";

  /** Where it is. */
  private enum At {
    BEFORE,
    OPENED,
    INSIDE,
    CLOSED,
    ANSWER
  }

  /** Where characters go that belong to the answer. */
  interface Answer {
    void put(char c);
  }

  private final EventList out;
  private final Answer answer;

  /** Characters that may turn out to be, or to stand beside, a mark. */
  private final StringBuilder held = new StringBuilder();

  private int matched;
  private At at;

  ThinkingPart(Thinking thinking, EventList out, Answer answer) {
    this.out = out;
    this.answer = answer;
    this.at =
        switch (thinking) {
          case NONE -> At.ANSWER;
          case POSSIBLE -> At.BEFORE;
          case OPENED -> At.OPENED;
        };
  }

  void put(char c) {
    switch (at) {
      case BEFORE -> before(c);
      case OPENED -> {
        if (!isBreak(c)) {
          at = At.INSIDE;
          inside(c);
        }
      }
      case INSIDE -> inside(c);
      case CLOSED -> {
        if (!isBreak(c)) {
          at = At.ANSWER;
          answer.put(c);
        }
      }
      case ANSWER -> answer.put(c);
    }
  }

  /** The answer is over. */
  void end() {
    if (at == At.BEFORE) {
      release();
    } else if (at == At.INSIDE) {
      think();
    }
  }

  private void before(char c) {
    held.append(c);
    if (matched == 0 && Piece.isSpace(c)) {
      return;
    }
    if (OPEN.charAt(matched) != c) {
      at = At.ANSWER;
      release();
    } else if (++matched == OPEN.length()) {
      held.setLength(0);
      matched = 0;
      at = At.OPENED;
    }
  }

  private void release() {
    for (int i = 0; i < held.length(); i++) {
      answer.put(held.charAt(i));
    }
    held.setLength(0);
  }

  private void inside(char c) {
    if (CLOSE.charAt(matched) == c) {
      held.append(c);
      if (++matched == CLOSE.length()) {
        held.setLength(0);
        at = At.CLOSED;
      }
      return;
    }
    if (matched > 0) {
      // the mark's first character is nowhere else in it
      think();
      matched = 0;
      inside(c);
    } else if (isBreak(c)) {
      held.append(c);
    } else {
      think();
      out.reasoning(c);
    }
  }

  private void think() {
    for (int i = 0; i < held.length(); i++) {
      out.reasoning(held.charAt(i));
    }
    held.setLength(0);
  }

  private static boolean isBreak(char c) {
    return c == '\n' || c == '\r';
  }
}
