package dev.tensafe.grammar.match;

import org.jspecify.annotations.Nullable;

/**
 * The tokens of one band that stay within a text under way, and the nodes at which the text may end
 * before a token does. Immutable.
 */
final class Within {
  /** One of the two is there: a bit per token where they are many, else the tokens. */
  private final long @Nullable [] bits;

  private final int[] tokens;

  /** Nodes of the band. */
  final int[] exits;

  private Within(long @Nullable [] bits, int[] tokens, int[] exits) {
    this.bits = bits;
    this.tokens = tokens;
    this.exits = exits;
  }

  /**
   * @param bits not changed any more
   */
  static Within of(long[] bits, int[] exits) {
    int count = 0;
    for (long word : bits) {
      count += Long.bitCount(word);
    }
    if (count >= bits.length * 2) {
      return new Within(bits, new int[0], exits);
    }
    int[] tokens = new int[count];
    int at = 0;
    for (int w = 0; w < bits.length; w++) {
      for (long word = bits[w]; word != 0; word &= word - 1) {
        tokens[at++] = (w << 6) + Long.numberOfTrailingZeros(word);
      }
    }
    return new Within(null, tokens, exits);
  }

  void addTo(long[] mask) {
    if (bits != null) {
      for (int i = 0; i < mask.length; i++) {
        mask[i] |= bits[i];
      }
      return;
    }
    for (int token : tokens) {
      mask[token >>> 6] |= 1L << (token & 63);
    }
  }

  /** A bit per token, which may be changed. */
  long[] bits(int words) {
    long[] copy = new long[words];
    addTo(copy);
    return copy;
  }

  long bytes() {
    return 96 + 8L * (bits == null ? 0 : bits.length) + 4L * (tokens.length + exits.length);
  }
}
