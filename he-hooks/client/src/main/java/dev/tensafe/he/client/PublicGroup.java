package dev.tensafe.he.client;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.ColumnScales;
import dev.tensafe.nativelib.ckks.FixedPoint;
import java.util.List;

/**
 * One group of a {@link PublicPart}: what the model host knows of it.
 *
 * @param columns d, width of the vector the group reads
 * @param rows r', of all modules together
 * @param scales of the columns
 * @param rowScales [r'], from integers to u
 * @param rowNorms [r'], largest |u| per unit of ‖x‖₂
 * @param largestRowSum of the integer weights
 * @param probeAnswers [P][r'], exact integers
 */
record PublicGroup(
    GroupId id,
    int columns,
    int rows,
    List<Module> modules,
    ColumnScales scales,
    double[] rowScales,
    double[] rowNorms,
    long largestRowSum,
    long[][] probeAnswers) {
  PublicGroup {
    modules = List.copyOf(modules);
  }

  /**
   * A projection of the group.
   *
   * @param slot its number in the model
   * @param first index of its first row among the group's
   */
  record Module(int slot, int first, int rank) {}

  FixedPoint fixedPoint(CkksParameters parameters) {
    return FixedPoint.of(parameters, (double) largestRowSum);
  }

  @Override
  public String toString() {
    return "PublicGroup[" + id + ", " + rows + " × " + columns + "]";
  }
}
