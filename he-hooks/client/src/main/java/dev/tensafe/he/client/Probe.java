package dev.tensafe.he.client;

import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.he.wire.GroupLayout;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;

/**
 * A random combination of an adapter's known-answer vectors, in one step: one row more in every
 * group, among the others. Its numbers are small integers, so the answers are known exactly.
 *
 * @param coefficients [P], of the combination; all 0 for a row that checks nothing
 * @param row its index in the batch
 */
record Probe(int[] coefficients, int row) {
  private static final int LARGEST = 8;

  /**
   * @param rows of the batch without it
   */
  static Probe draw(int probes, int rows, Random random) {
    int[] coefficients = new int[probes];
    boolean zero = true;
    while (zero) {
      for (int i = 0; i < probes; i++) {
        coefficients[i] = random.nextInt(2 * LARGEST + 1) - LARGEST;
        zero &= coefficients[i] == 0;
      }
    }
    return new Probe(coefficients, random.nextInt(rows + 1));
  }

  /** A row of zeros in a probe's place. */
  static Probe cover(int probes, int rows, Random random) {
    return new Probe(new int[probes], random.nextInt(rows + 1));
  }

  /** Whether it is only there to be counted. */
  boolean isCover() {
    return Arrays.stream(coefficients).allMatch(c -> c == 0);
  }

  /** Writes the group's input vector at an index. */
  void put(PublicPart adapter, PublicGroup group, FloatBuffer out, int at) {
    int columns = group.columns();
    int[] sum = new int[columns];
    for (int i = 0; i < coefficients.length; i++) {
      if (coefficients[i] != 0) {
        byte[] vector =
            ProbeVectors.vector(adapter.probeSeed(), GroupLayout.name(group.id()), i, columns);
        for (int j = 0; j < columns; j++) {
          sum[j] += coefficients[i] * vector[j];
        }
      }
    }
    for (int j = 0; j < columns; j++) {
      // the weights were multiplied by the column's scale: exact, a power of two
      out.put(at + j, (float) (sum[j] * group.scales().scale(j)));
    }
  }

  /** The exact answer of a row of weights, in integers. */
  double answer(PublicGroup group, int row) {
    long sum = 0;
    for (int i = 0; i < coefficients.length; i++) {
      sum += coefficients[i] * group.probeAnswers()[i][row];
    }
    return sum;
  }
}
