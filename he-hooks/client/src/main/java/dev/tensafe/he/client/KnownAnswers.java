package dev.tensafe.he.client;

import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.he.wire.GroupLayout;

/**
 * The known answers of a package, which say whether a tag is of its weights: for every known x, f·x
 * = r·(A'·x). In exact integers. Without state.
 */
final class KnownAnswers {
  private KnownAnswers() {}

  /**
   * Whether one check of a tag is of an adapter's weights.
   *
   * @param r [most rows of a group]
   * @param f [columns of all groups]
   */
  static boolean hold(PublicPart adapter, long[] r, long[] f) {
    int first = 0;
    for (PublicGroup group : adapter.groups()) {
      for (int i = 0; i < group.probeAnswers().length; i++) {
        String name = GroupLayout.name(group.id());
        byte[] x = ProbeVectors.vector(adapter.probeSeed(), name, i, group.columns());
        Sum difference = new Sum();
        for (int j = 0; j < x.length; j++) {
          difference.add(f[first + j], x[j]);
        }
        for (int k = 0; k < group.rows(); k++) {
          difference.add(-r[k], group.probeAnswers()[i][k]);
        }
        if (!difference.isZero()) {
          return false;
        }
      }
      first += group.columns();
    }
    return true;
  }

  /** A sum of products with 128 bits. */
  private static final class Sum {
    private long high;
    private long low;

    void add(long a, long b) {
      long product = a * b;
      long sum = low + product;
      long carry = Long.compareUnsigned(sum, product) < 0 ? 1 : 0;
      high += Math.multiplyHigh(a, b) + carry;
      low = sum;
    }

    boolean isZero() {
      return high == 0 && low == 0;
    }
  }
}
