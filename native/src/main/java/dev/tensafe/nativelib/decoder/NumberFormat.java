package dev.tensafe.nativelib.decoder;

/** How numbers are kept in native memory. */
public enum NumberFormat {
  F32(0),
  BF16(1),
  /** Eight bits with a scale for each row of a matrix, or each key and value of a head. */
  INT8(2);

  // the native side's number
  private final int id;

  NumberFormat(int id) {
    this.id = id;
  }

  int id() {
    return id;
  }

  /** Bytes of one number. */
  public int bytes() {
    return switch (this) {
      case F32 -> 4;
      case BF16 -> 2;
      case INT8 -> 1;
    };
  }
}
