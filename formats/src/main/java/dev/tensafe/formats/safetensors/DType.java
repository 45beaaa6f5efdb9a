package dev.tensafe.formats.safetensors;

import dev.tensafe.formats.FormatException;

/** Element types of the safetensors format, by the names its headers use. */
public enum DType {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E4M3(1),
  F8_E5M2(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  static DType parse(String name, String tensor) {
    for (DType type : values()) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    throw new FormatException(
        "safetensors.dtype", "tensor " + tensor + " has the unknown dtype '" + name + "'");
  }
}
