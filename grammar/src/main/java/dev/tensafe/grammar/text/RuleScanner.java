package dev.tensafe.grammar.text;

import dev.tensafe.grammar.GrammarException;

/** A grammar's characters, read one by one, with their line and column. Confined to one reader. */
final class RuleScanner {
  /** Characters of a grammar. */
  private static final int MOST_CHARACTERS = 512 * 1024;

  private static final int MOST_DIGITS = 6;

  private final int[] text;
  private int at;

  RuleScanner(String text) {
    if (text.length() > MOST_CHARACTERS) {
      throw GrammarException.tooComplex(
          "a grammar of " + text.length() + " characters; it may have " + MOST_CHARACTERS);
    }
    this.text = text.codePoints().toArray();
  }

  boolean atEnd() {
    return at == text.length;
  }

  /** The next character; −1 at the end. */
  int peek() {
    return peek(0);
  }

  int peek(int ahead) {
    return at + ahead < text.length ? text[at + ahead] : -1;
  }

  int next() {
    if (atEnd()) {
      throw invalid("the grammar ends too early");
    }
    return text[at++];
  }

  boolean looksAt(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      if (peek(i) != ascii.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  boolean skip(String ascii) {
    if (!looksAt(ascii)) {
      return false;
    }
    at += ascii.length();
    return true;
  }

  void expect(String ascii) {
    if (!skip(ascii)) {
      throw invalid("expected " + ascii);
    }
  }

  void skipLine() {
    while (!atEnd() && peek() != '\n') {
      at++;
    }
  }

  boolean skipBlank() {
    if (peek() != ' ' && peek() != '\t' && peek() != '\r') {
      return false;
    }
    at++;
    return true;
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
      throw invalid("expected a number");
    }
    return value;
  }

  int hex(int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), 16);
      if (digit < 0) {
        throw invalid("expected " + digits + " hexadecimal digits");
      }
      value = (value << 4) | digit;
    }
    if (value < 0
        || value > Character.MAX_CODE_POINT
        || (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE)) {
      throw invalid("no character has this number");
    }
    return value;
  }

  /** Where the next character is. */
  String where() {
    int line = 1;
    int column = 1;
    for (int i = 0; i < at; i++) {
      column++;
      if (text[i] == '\n') {
        line++;
        column = 1;
      }
    }
    return "line " + line + ", column " + column;
  }

  GrammarException invalid(String what) {
    return GrammarException.invalid(where(), "the grammar is wrong at " + where() + ": " + what);
  }

  GrammarException unsupported(String what) {
    return GrammarException.unsupported(
        where(), "the grammar has, at " + where() + ", what is not supported: " + what);
  }
}
