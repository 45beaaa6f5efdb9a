package dev.tensafe.model.torch;

/** The number format of weights, projections and cache; the residual stream is always float32. */
public enum ComputeType {
  F32(4, 6),
  BF16(2, 15);

  private final int bytes;
  private final int scalarType;

  ComputeType(int bytes, int scalarType) {
    this.bytes = bytes;
    this.scalarType = scalarType;
  }

  int bytes() {
    return bytes;
  }

  /** PyTorch's number for the type (c10/core/ScalarType.h). */
  int scalarType() {
    return scalarType;
  }
}
