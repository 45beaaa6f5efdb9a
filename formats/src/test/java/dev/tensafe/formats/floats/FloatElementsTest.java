package dev.tensafe.formats.floats;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class FloatElementsTest {
  private static ByteBuffer bytes(int... shorts) {
    ByteBuffer bytes = ByteBuffer.allocate(shorts.length * 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : shorts) {
      bytes.putShort((short) value);
    }
    return bytes.flip();
  }

  /** Values from IEEE 754-2019, table 3.5, and the printed examples of binary16. */
  @Test
  void decodesHalves() {
    assertArrayEquals(
        new double[] {1, -2, 65504, 0x1p-24, 0x1p-14, 0.333251953125, 0, -0.0},
        FloatElements.decode(
            DType.F16, bytes(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555, 0x0000, 0x8000)));
    assertArrayEquals(
        new double[] {1, -2, 3.140625},
        FloatElements.decode(DType.BF16, bytes(0x3f80, 0xc000, 0x4049)));
  }

  /** Every bit pattern of the 16-bit types, and around the edge of the others. */
  @Test
  void findsExactlyWhatIsNotFinite() {
    for (DType type : new DType[] {DType.F16, DType.BF16}) {
      for (int bits = 0; bits < 1 << 16; bits++) {
        ByteBuffer one = bytes(0x0000, bits, 0x0000);
        double value = FloatElements.decode(type, one)[1];
        assertEquals(Double.isFinite(value), FloatElements.allFinite(type, one), type + " " + bits);
      }
    }
    float[] floats = {Float.MAX_VALUE, -Float.MAX_VALUE, Float.MIN_VALUE, 0};
    float[] broken = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    ByteBuffer four = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer eight = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : floats) {
      assertEquals(true, FloatElements.allFinite(DType.F32, four.putFloat(4, value)));
      assertEquals(true, FloatElements.allFinite(DType.F64, eight.putDouble(8, value)));
    }
    assertEquals(true, FloatElements.allFinite(DType.F64, eight.putDouble(8, Double.MAX_VALUE)));
    for (float value : broken) {
      assertEquals(false, FloatElements.allFinite(DType.F32, four.putFloat(4, value)));
      assertEquals(false, FloatElements.allFinite(DType.F64, eight.putDouble(8, value)));
    }
  }

  @Test
  void otherTypesAreRefused() {
    assertThrows(FormatException.class, () -> FloatElements.decode(DType.I8, bytes(1)));
    assertThrows(FormatException.class, () -> FloatElements.allFinite(DType.F8_E4M3, bytes(1)));
  }
}
