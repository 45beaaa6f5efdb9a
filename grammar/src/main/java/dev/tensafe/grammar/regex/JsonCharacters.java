package dev.tensafe.grammar.regex;

import java.nio.charset.StandardCharsets;

/** Characters within JSON strings: RFC 8259, section 7. */
final class JsonCharacters {
  private static final String SHORT = "\"\\/\b\f\n\r\t";
  private static final String LETTERS = "\"\\/bfnrt";

  /** Characters that may stand for themselves. */
  private static final CodePoints PLAIN =
      CodePoints.of(0x20, Character.MAX_CODE_POINT).without(CodePoints.among("\"\\"));

  private JsonCharacters() {}

  static int canonical(Regexes regexes, CodePoints of) {
    int all = Utf8.of(regexes, of.and(PLAIN));
    for (int value = 0; value < 0x20; value++) {
      if (of.has(value) && SHORT.indexOf(value) < 0) {
        all = regexes.any(all, text(regexes, String.format("\\u%04x", value)));
      }
    }
    for (int i = 0; i < SHORT.length(); i++) {
      char c = SHORT.charAt(i);
      if (c != '/' && of.has(c)) {
        all = regexes.any(all, text(regexes, "\\" + LETTERS.charAt(i)));
      }
    }
    return all;
  }

  static int any(Regexes regexes, CodePoints of) {
    int all = Utf8.of(regexes, of.and(PLAIN));
    for (int i = 0; i < SHORT.length(); i++) {
      if (of.has(SHORT.charAt(i))) {
        all = regexes.any(all, text(regexes, "\\" + LETTERS.charAt(i)));
      }
    }
    int escape = text(regexes, "\\u");
    for (CodePoints.Range r : of.ranges()) {
      if (r.first() <= 0xffff) {
        int units = hex(regexes, r.first(), Math.min(r.last(), 0xffff), 4);
        all = regexes.any(all, regexes.then(escape, units));
      }
      if (r.last() > 0xffff) {
        all = regexes.any(all, pairs(regexes, Math.max(r.first(), 0x10000), r.last(), escape));
      }
    }
    return all;
  }

  /** Values beyond 16 bits as two escapes. */
  private static int pairs(Regexes regexes, int first, int last, int escape) {
    int low = first - 0x10000;
    int high = last - 0x10000;
    int all = Regexes.NOTHING;
    for (int top = low >>> 10; top <= high >>> 10; ) {
      // top halves whose bottom halves are all in it go together
      boolean whole = low <= (top << 10) && high >= ((top << 10) | 0x3ff);
      int end = whole ? Math.max(top, ((high + 1) >>> 10) - 1) : top;
      int from = whole ? 0 : Math.max(low, top << 10) & 0x3ff;
      int to = whole ? 0x3ff : Math.min(high, (top << 10) | 0x3ff) & 0x3ff;
      all =
          regexes.any(
              all,
              regexes.sequence(
                  escape,
                  hex(regexes, 0xd800 + top, 0xd800 + end, 4),
                  escape,
                  hex(regexes, 0xdc00 + from, 0xdc00 + to, 4)));
      top = end + 1;
    }
    return all;
  }

  /** The numbers between two as hexadecimal digits. */
  private static int hex(Regexes regexes, int first, int last, int digits) {
    int shift = 4 * (digits - 1);
    int low = first >>> shift;
    int high = last >>> shift;
    if (digits == 1) {
      return digit(regexes, low, high);
    }
    int below = (1 << shift) - 1;
    if (low == high) {
      return regexes.then(
          digit(regexes, low, low), hex(regexes, first & below, last & below, digits - 1));
    }
    int all = Regexes.NOTHING;
    if ((first & below) != 0) {
      all = regexes.then(digit(regexes, low, low), hex(regexes, first & below, below, digits - 1));
      low++;
    }
    if ((last & below) != below) {
      int end = regexes.then(digit(regexes, high, high), hex(regexes, 0, last & below, digits - 1));
      all = regexes.any(all, end);
      high--;
    }
    if (low <= high) {
      int middle = regexes.then(digit(regexes, low, high), hex(regexes, 0, below, digits - 1));
      all = regexes.any(all, middle);
    }
    return all;
  }

  private static int digit(Regexes regexes, int first, int last) {
    int all = Regexes.NOTHING;
    for (int value = first; value <= last; value++) {
      char lower = Character.forDigit(value, 16);
      char upper = Character.toUpperCase(lower);
      all = regexes.any(all, regexes.range(lower, lower), regexes.range(upper, upper));
    }
    return all;
  }

  private static int text(Regexes regexes, String ascii) {
    return regexes.literal(ascii.getBytes(StandardCharsets.US_ASCII));
  }
}
