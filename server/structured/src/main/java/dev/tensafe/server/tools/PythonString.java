package dev.tensafe.server.tools;

/**
 * A Python string in quotation marks of one kind, written as a JSON string while it is read. Behind
 * its first mark.
 */
final class PythonString implements Piece {
  private static final String LETTERS = "ntrbfav\\'\"";
  private static final String MEANT = "\n\t\r\b\f\u0007\u000b\\'\"";

  private final char quote;
  private final JsonSpan.Target out;
  private boolean escaped;

  /** Digits of a number that are still to come; their base; what they are so far. */
  private int digits;

  private int base;
  private int number;

  PythonString(char quote, JsonSpan.Target out) {
    this.quote = quote;
    this.out = out;
    out.put('"');
  }

  @Override
  public Fate read(char c) {
    if (digits > 0) {
      int digit = Character.digit(c, base);
      if (digit >= 0 && c < 0x80) {
        number = number * base + digit;
        return --digits > 0 ? Fate.MORE : character();
      }
      // an octal number may be short
      if (base == 16 || character() == Fate.WRONG) {
        return Fate.WRONG;
      }
      digits = 0;
    }
    if (escaped) {
      escaped = false;
      escape(c);
    } else if (c == '\\') {
      escaped = true;
    } else if (c == quote) {
      out.put('"');
      return Fate.LAST;
    } else {
      JsonStrings.write(c, out);
    }
    return Fate.MORE;
  }

  private void escape(char c) {
    int known = LETTERS.indexOf(c);
    if (known >= 0) {
      JsonStrings.write(MEANT.charAt(known), out);
    } else if (c == 'x' || c == 'u' || c == 'U') {
      digits(c == 'x' ? 2 : c == 'u' ? 4 : 8, 16, 0);
    } else if (c >= '0' && c <= '7') {
      digits(2, 8, c - '0');
    } else if (c != '\n') {
      // Python keeps what it does not know
      JsonStrings.write('\\', out);
      JsonStrings.write(c, out);
    }
  }

  private void digits(int count, int of, int first) {
    digits = count;
    base = of;
    number = first;
  }

  private Fate character() {
    if (number < 0 || number > Character.MAX_CODE_POINT) {
      return Fate.WRONG;
    }
    if (Character.getType(number) == Character.SURROGATE) {
      JsonStrings.escape(number, out);
      return Fate.MORE;
    }
    for (char unit : Character.toChars(number)) {
      JsonStrings.write(unit, out);
    }
    return Fate.MORE;
  }
}
