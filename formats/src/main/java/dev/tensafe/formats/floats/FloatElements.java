package dev.tensafe.formats.floats;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import java.nio.ByteBuffer;

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
    int end = bytes.limit();
    int broken = 0;
    switch (type) {
      case F64 -> {
        for (int i = bytes.position(); i < end; i += 8) {
          broken |= exponentFull(bytes.getLong(i) >>> 32, 0x7ff00000);
        }
      }
      case F32 -> {
        for (int i = bytes.position(); i < end; i += 4) {
          broken |= exponentFull(bytes.getInt(i), 0x7f800000);
        }
      }
      case BF16 -> {
        for (int i = bytes.position(); i < end; i += 2) {
          broken |= exponentFull(bytes.getShort(i), 0x7f80);
        }
      }
      case F16 -> {
        for (int i = bytes.position(); i < end; i += 2) {
          broken |= exponentFull(bytes.getShort(i), 0x7c00);
        }
      }
      default -> throw unsupported(type);
    }
    return broken == 0;
  }

  /** Negative when all bits of the mask are set, else not: no branch in the loop. */
  private static int exponentFull(long bits, int mask) {
    return ((((int) bits & mask) ^ mask) - 1) & Integer.MIN_VALUE;
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
