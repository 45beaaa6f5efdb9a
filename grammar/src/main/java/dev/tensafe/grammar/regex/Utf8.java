package dev.tensafe.grammar.regex;

/** UTF-8 (RFC 3629) as regular expressions. */
final class Utf8 {
  /** The last value of each length. */
  private static final int[] LAST = {0x7f, 0x7ff, 0xffff, Character.MAX_CODE_POINT};

  private static final int[] LEAD = {0, 0xc0, 0xe0, 0xf0};

  private Utf8() {}

  static int of(Regexes regexes, CodePoints of) {
    IdSet all = new IdSet(of.ranges().size());
    for (CodePoints.Range r : of.ranges()) {
      int first = r.first();
      for (int length = 1; length <= 4; length++) {
        int last = Math.min(r.last(), LAST[length - 1]);
        if (first <= last) {
          all.add(range(regexes, first, last, length, LEAD[length - 1]));
          first = last + 1;
        }
      }
    }
    return regexes.any(all.ascending());
  }

  /** Values of {@code length} bytes whose first byte has these bits on top. */
  private static int range(Regexes regexes, int first, int last, int length, int lead) {
    int shift = 6 * (length - 1);
    int low = first >>> shift;
    int high = last >>> shift;
    if (length == 1) {
      return regexes.range(lead | low, lead | high);
    }
    int below = (1 << shift) - 1;
    if (low == high) {
      return regexes.then(
          regexes.range(lead | low, lead | low),
          range(regexes, first & below, last & below, length - 1, 0x80));
    }
    int all = Regexes.NOTHING;
    if ((first & below) != 0) {
      all =
          regexes.then(
              regexes.range(lead | low, lead | low),
              range(regexes, first & below, below, length - 1, 0x80));
      low++;
    }
    if ((last & below) != below) {
      all =
          regexes.any(
              all,
              regexes.then(
                  regexes.range(lead | high, lead | high),
                  range(regexes, 0, last & below, length - 1, 0x80)));
      high--;
    }
    if (low <= high) {
      all =
          regexes.any(
              all,
              regexes.then(
                  regexes.range(lead | low, lead | high),
                  range(regexes, 0, below, length - 1, 0x80)));
    }
    return all;
  }
}
