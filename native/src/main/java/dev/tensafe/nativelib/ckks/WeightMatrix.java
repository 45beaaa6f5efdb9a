package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.IntBuffer;

/**
 * An integer matrix in compact transformed form for one packing: about 8 bytes per entry and limb.
 * It is the adapter owner's secret and is wiped when closed. Immutable and thread-safe.
 */
public final class WeightMatrix extends NativeHandle {
  private final int rows;
  private final int columns;
  private final Packing packing;

  private WeightMatrix(int rows, int columns, Packing packing, long address) {
    super(address, CkksNative::weightsFree);
    this.rows = rows;
    this.columns = columns;
    this.packing = packing;
  }

  /**
   * @param matrix [rows][columns] from its position on, direct, in the machine's byte order
   */
  public static WeightMatrix of(
      CkksContext context, IntBuffer matrix, int rows, int columns, Packing packing) {
    DirectBuffers.require(matrix, matrix.order(), (long) rows * columns, "weights");
    try (Lease c = context.use()) {
      return new WeightMatrix(
          rows,
          columns,
          packing,
          CkksNative.weightsOpen(
              c.address(),
              matrix,
              (long) matrix.position() * Integer.BYTES,
              rows,
              columns,
              packing.tokens(),
              packing.outputs()));
    }
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  public Packing packing() {
    return packing;
  }

  /** Bytes outside the heap. */
  public long bytes() {
    try (Lease weights = lease()) {
      return CkksNative.weightsBytes(weights.address());
    }
  }

  Lease use() {
    return lease();
  }
}
