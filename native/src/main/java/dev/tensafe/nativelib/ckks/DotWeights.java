package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.IntBuffer;

/**
 * An integer matrix for exact inner products with pads: 4 bytes per entry. It is the adapter
 * owner's secret and is wiped when closed. Immutable and thread-safe.
 */
public final class DotWeights extends NativeHandle {
  private final int rows;

  private DotWeights(int rows, long address) {
    super(address, CkksNative::dotWeightsFree);
    this.rows = rows;
  }

  /**
   * @param matrix [rows][columns] from its position on, direct, in the machine's byte order
   * @throws CkksException INVALID_ARGUMENT if the 1-norm of a row is {@link Pads#MAX_ROW_SUM} or
   *     more
   */
  public static DotWeights of(IntBuffer matrix, int rows, int columns) {
    DirectBuffers.require(matrix, matrix.order(), (long) rows * columns, "weights");
    return new DotWeights(
        rows,
        CkksNative.dotWeightsOpen(matrix, (long) matrix.position() * Integer.BYTES, rows, columns));
  }

  public int rows() {
    return rows;
  }

  Lease use() {
    return lease();
  }
}
