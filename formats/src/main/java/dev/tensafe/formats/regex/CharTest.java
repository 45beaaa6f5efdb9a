package dev.tensafe.formats.regex;

import java.util.List;

/** A set of characters. */
@FunctionalInterface
interface CharTest {
  CharTest ANY = c -> true;
  CharTest NO_LINE_FEED = c -> c != '\n';
  CharTest DIGIT = range('0', '9');
  CharTest SPACE = c -> c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
  CharTest WORD = anyOf(List.of(range('a', 'z'), range('A', 'Z'), DIGIT, range('_', '_')));

  boolean test(int c);

  static CharTest range(int low, int high) {
    return c -> c >= low && c <= high;
  }

  static CharTest anyOf(List<CharTest> tests) {
    List<CharTest> all = List.copyOf(tests);
    return c -> all.stream().anyMatch(t -> t.test(c));
  }

  /** Whatever the case of the character; for sets of ASCII. */
  static CharTest anyCase(CharTest test) {
    return c -> test.test(c) || (isLetter(c) && test.test(c ^ 0x20));
  }

  /** The same set, looked up for ASCII. */
  static CharTest table(CharTest test) {
    boolean[] ascii = new boolean[128];
    for (int c = 0; c < ascii.length; c++) {
      ascii[c] = test.test(c);
    }
    return c -> c < ascii.length ? ascii[c] : test.test(c);
  }

  static CharTest not(CharTest test) {
    return c -> !test.test(c);
  }

  private static boolean isLetter(int c) {
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'z';
  }
}
