package dev.tensafe.formats.regex;

import dev.tensafe.formats.FormatException;

/** The characters of an expression that are left, and errors about those that were read. */
final class RegexSource {
  static final int NO_NUMBER = -1;

  private static final int MAX_NUMBER = 1 << 20;
  private static final int MAX_QUOTED = 40;

  private final String setting;
  private final int[] characters;
  private int position;

  RegexSource(String setting, String expression) {
    this.setting = setting;
    this.characters = expression.codePoints().toArray();
  }

  boolean atEnd() {
    return position == characters.length;
  }

  int peek() {
    return characters[position];
  }

  int next() {
    return characters[position++];
  }

  boolean accept(int c) {
    if (atEnd() || peek() != c) {
      return false;
    }
    position++;
    return true;
  }

  int position() {
    return position;
  }

  void back(int to) {
    position = to;
  }

  /** Reads up to a character, and that too. */
  String until(int last, String what) {
    StringBuilder text = new StringBuilder();
    while (!atEnd()) {
      int c = next();
      if (c == last) {
        return text.toString();
      }
      text.appendCodePoint(c);
    }
    throw malformed(what + " without an end");
  }

  /**
   * A number of a quantifier that began at {@code start}, or {@link #NO_NUMBER}.
   *
   * @throws FormatException {@code peft.pattern} for one that could never be carried out
   */
  int number(int start) {
    int number = NO_NUMBER;
    while (!atEnd() && peek() >= '0' && peek() <= '9') {
      number = Math.max(number, 0) * 10 + next() - '0';
      if (number > MAX_NUMBER) {
        throw unsupported("a number above " + MAX_NUMBER, since(start));
      }
    }
    return number;
  }

  /** Up to {@code most} digits of a base; refused where there are fewer than {@code least}. */
  int digits(int least, int most, int base, int start) {
    int value = 0;
    int count = 0;
    while (count < most && !atEnd() && isDigit(peek(), base)) {
      value = value * base + Character.digit(next(), base);
      count++;
    }
    if (count < least || value < 0) {
      throw malformed("the unfinished escape '" + since(start) + "'");
    }
    return value;
  }

  static boolean isDigit(int c, int base) {
    return c < 128 && Character.digit(c, base) >= 0;
  }

  /** What was read from {@code start} on, shortened. */
  String since(int start) {
    int count = position - start;
    return count <= MAX_QUOTED
        ? new String(characters, start, count)
        : new String(characters, start, MAX_QUOTED) + "…";
  }

  FormatException malformed(String what) {
    return new FormatException(
        "peft.pattern", setting + " is no regular expression of Python's: it has " + what);
  }

  FormatException unsupported(String what, String text) {
    return new FormatException(
        "peft.pattern",
        setting
            + " has "
            + what
            + (text.isEmpty() ? "" : ", '" + text + "'")
            + "; this is not translated, write the expression without it");
  }
}
