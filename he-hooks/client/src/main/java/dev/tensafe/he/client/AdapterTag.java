package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.GroupTag;
import java.util.Arrays;

/**
 * The secret tag of one adapter at one adapter host: r, and f = A'ᵀ·r of all groups one after the
 * other. The arrays are not copied.
 *
 * @param r [κ][most rows of a group]
 * @param f [κ][columns of all groups]
 */
record AdapterTag(long[][] r, long[][] f) {
  /**
   * The tag of one group; copied.
   *
   * @param first index of its first column among all
   */
  GroupTag group(int first, int columns, int rows) {
    long[][] ofR = new long[GroupTag.CHECKS][];
    long[][] ofF = new long[GroupTag.CHECKS][];
    for (int i = 0; i < GroupTag.CHECKS; i++) {
      ofR[i] = Arrays.copyOf(r[i], rows);
      ofF[i] = Arrays.copyOfRange(f[i], first, first + columns);
    }
    return new GroupTag(ofR, ofF);
  }

  /** Whether it is of an adapter of this shape. */
  boolean fits(int rows, int columns) {
    return Arrays.stream(r).allMatch(of -> of.length == rows)
        && Arrays.stream(f).allMatch(of -> of.length == columns);
  }

  @Override
  public String toString() {
    return "AdapterTag";
  }
}
