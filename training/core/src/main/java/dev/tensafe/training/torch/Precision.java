package dev.tensafe.training.torch;

import ai.djl.ndarray.types.DataType;

/** The number format of a training pass. */
public enum Precision {
  F32(DataType.FLOAT32),
  /** For tests of the gradients. */
  F64(DataType.FLOAT64);

  private final DataType type;

  Precision(DataType type) {
    this.type = type;
  }

  DataType type() {
    return type;
  }

  public int bytes() {
    return type.getNumOfBytes();
  }
}
