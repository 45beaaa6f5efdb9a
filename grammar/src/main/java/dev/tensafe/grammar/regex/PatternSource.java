package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.GrammarException;

/** A pattern's characters, read one by one. */
final class PatternSource {
  private static final int MOST_DIGITS = 7;

  private final int[] text;
  private final String where;
  private int at;

  PatternSource(String pattern, String where) {
    this.text = pattern.codePoints().toArray();
    this.where = where;
  }

  boolean atEnd() {
    return at == text.length;
  }

  /** The next character; −1 at the end. */
  int peek() {
    return atEnd() ? -1 : text[at];
  }

  int next() {
    if (atEnd()) {
      throw invalid("it ends too early");
    }
    return text[at++];
  }

  boolean skip(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  boolean looksAt(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      if (at + i >= text.length || text[at + i] != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  void expect(char c) {
    if (!skip(c)) {
      throw invalid("a " + c + " is missing");
    }
  }

  void until(char c) {
    while (next() != c) {}
  }

  /** Whether a { begins a number of times; else it is a character. */
  boolean looksLikeTimes() {
    int i = at + 1;
    int digits = i;
    while (i < text.length && text[i] >= '0' && text[i] <= '9') {
      i++;
    }
    if (i == digits) {
      return false;
    }
    if (i < text.length && text[i] == ',') {
      i++;
      while (i < text.length && text[i] >= '0' && text[i] <= '9') {
        i++;
      }
    }
    return i < text.length && text[i] == '}';
  }

  int number() {
    int value = 0;
    int digits = 0;
    while (peek() >= '0' && peek() <= '9') {
      if (++digits > MOST_DIGITS) {
        throw invalid("a number of more than " + MOST_DIGITS + " digits");
      }
      value = value * 10 + next() - '0';
    }
    if (digits == 0) {
      throw invalid("a number is missing");
    }
    return value;
  }

  /** So many hexadecimal digits. */
  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw invalid("a hexadecimal digit is missing");
      }
      value = (value << 4) | digit;
    }
    return value;
  }

  GrammarException invalid(String what) {
    return GrammarException.invalid(where, "the pattern is wrong at character " + at + ": " + what);
  }

  GrammarException unsupported(String what) {
    return GrammarException.unsupported(
        where, "the pattern has, at character " + at + ", what cannot be enforced: " + what);
  }
}
