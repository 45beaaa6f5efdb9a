package dev.tensafe.formats.floats;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Elements of F16, BF16, F32 and F64 tensors, little-endian. */
public final class FloatElements {
  private FloatElements() {}

  /** Whether elements of this type are read here. */
  public static boolean supports(DType type) {
    return switch (type) {
      case F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }

  /**
   * Decodes all elements from the buffer's position on; the position does not move.
   *
   * @param bytes little-endian, a whole number of elements
   * @throws FormatException {@code safetensors.dtype} for any other type
   */
  public static double[] decode(DType type, ByteBuffer bytes) {
    double[] out = new double[bytes.remaining() / type.bytes()];
    int at = bytes.position();
    switch (type) {
      case F64 -> {
        for (int i = 0; i < out.length; i++) {
          out[i] = bytes.getDouble(at + 8 * i);
        }
      }
      case F32 -> {
        for (int i = 0; i < out.length; i++) {
          out[i] = bytes.getFloat(at + 4 * i);
        }
      }
      case BF16 -> {
        for (int i = 0; i < out.length; i++) {
          out[i] = Float.intBitsToFloat(bytes.getShort(at + 2 * i) << 16);
        }
      }
      case F16 -> {
        for (int i = 0; i < out.length; i++) {
          out[i] = half(bytes.getShort(at + 2 * i));
        }
      }
      default -> throw unsupported(type);
    }
    return out;
  }

  /**
   * Whether every element from position to limit is a finite number; the position does not move.
   *
   * @param bytes little-endian, a whole number of elements
   * @throws FormatException {@code safetensors.dtype} for any other type
   */
  public static boolean allFinite(DType type, ByteBuffer bytes) {
    // An exponent of all ones, and only such a one, carries into the sign's place when one is added
    // to it; with the signs masked out, several elements of a long do not disturb each other.
    long exponents =
        switch (type) {
          case F64 -> 0x7ff0000000000000L;
          case F32 -> 0x7f8000007f800000L;
          case BF16 -> 0x7f807f807f807f80L;
          case F16 -> 0x7c007c007c007c00L;
          default -> throw unsupported(type);
        };
    long ones = exponents & -exponents;
    for (int bits = 8 * type.bytes(); bits < Long.SIZE; bits *= 2) {
      ones |= ones << bits;
    }
    long signs = ~exponents & (exponents << 1);
    ByteBuffer little = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    long carried = 0;
    int at = bytes.position();
    for (; at + Long.BYTES <= bytes.limit(); at += Long.BYTES) {
      carried |= (little.getLong(at) & exponents) + ones;
    }
    long rest = 0;
    for (int shift = 0; at < bytes.limit(); at++, shift += 8) {
      rest |= (little.get(at) & 0xffL) << shift;
    }
    carried |= (rest & exponents) + ones;
    return (carried & signs) == 0;
  }

  /** IEEE 754 binary16 to double: 1 sign, 5 exponent, 10 fraction bits. */
  static double half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int fraction = bits & 0x3ff;
    double magnitude =
        switch (exponent) {
          case 0 -> Math.scalb((double) fraction, -24);
          case 0x1f -> fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
          default -> Math.scalb((double) (fraction | 0x400), exponent - 25);
        };
    return bits < 0 ? -magnitude : magnitude;
  }

  private static FormatException unsupported(DType type) {
    return new FormatException(
        "safetensors.dtype", type + " is not a floating-point type that is read here");
  }
}
