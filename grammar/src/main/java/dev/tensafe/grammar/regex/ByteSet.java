package dev.tensafe.grammar.regex;

/** A set of byte values 0 … 255. */
record ByteSet(long w0, long w1, long w2, long w3) {
  static final ByteSet NONE = new ByteSet(0, 0, 0, 0);

  /** The values from {@code first} to {@code last}, both included. */
  static ByteSet range(int first, int last) {
    return new ByteSet(
        word(first, last, 0),
        word(first, last, 64),
        word(first, last, 128),
        word(first, last, 192));
  }

  private static long word(int first, int last, int base) {
    int low = Math.max(first - base, 0);
    int high = Math.min(last - base, 63);
    return low > high ? 0 : (-1L >>> (63 - high + low)) << low;
  }

  boolean has(int value) {
    long word = value < 128 ? (value < 64 ? w0 : w1) : value < 192 ? w2 : w3;
    return ((word >>> (value & 63)) & 1) != 0;
  }

  ByteSet or(ByteSet o) {
    return new ByteSet(w0 | o.w0, w1 | o.w1, w2 | o.w2, w3 | o.w3);
  }

  ByteSet and(ByteSet o) {
    return new ByteSet(w0 & o.w0, w1 & o.w1, w2 & o.w2, w3 & o.w3);
  }

  ByteSet not() {
    return new ByteSet(~w0, ~w1, ~w2, ~w3);
  }

  /** The one value that is in it; −1 when there are more, or none. */
  int only() {
    int count = Long.bitCount(w0) + Long.bitCount(w1) + Long.bitCount(w2) + Long.bitCount(w3);
    if (count != 1) {
      return -1;
    }
    return w0 != 0
        ? Long.numberOfTrailingZeros(w0)
        : w1 != 0
            ? 64 + Long.numberOfTrailingZeros(w1)
            : w2 != 0 ? 128 + Long.numberOfTrailingZeros(w2) : 192 + Long.numberOfTrailingZeros(w3);
  }

  boolean isEmpty() {
    return (w0 | w1 | w2 | w3) == 0;
  }
}
