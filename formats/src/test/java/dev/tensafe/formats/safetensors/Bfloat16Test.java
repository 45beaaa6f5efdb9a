package dev.tensafe.formats.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class Bfloat16Test {
  private static float wide(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  @Test
  void ofTwoNeighboursTheNearerOneIsTakenAndTheEvenOneInTheMiddle() {
    assertEquals(0x3f80, Bfloat16.of(1));
    // 1 + 1/256 is in the middle of 0x3f80 and 0x3f81, 1 + 3/256 of 0x3f81 and 0x3f82
    assertEquals(0x3f80, Bfloat16.of(1 + 1 / 256f));
    assertEquals(0x3f82, Bfloat16.of(1 + 3 / 256f));
    assertEquals(0x3f81, Bfloat16.of(1 + 1.001f / 256));
    assertEquals((short) 0x8000, Bfloat16.of(-0f));
    assertEquals(0x7f80, Bfloat16.of(Float.POSITIVE_INFINITY));
    assertEquals(0x7f80, Bfloat16.of(Float.MAX_VALUE));
    assertTrue(Float.isNaN(wide(Bfloat16.of(Float.NaN))));
    assertTrue(Float.isNaN(wide(Bfloat16.of(Float.intBitsToFloat(0x7f800001)))));
  }

  @Test
  void noOtherNumberIsNearer() {
    long seed = new Random().nextLong();
    System.out.println("Bfloat16Test seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      float value = Float.intBitsToFloat(random.nextInt());
      if (!Float.isFinite(value) || Math.abs(value) > 3e38) {
        continue;
      }
      short bits = Bfloat16.of(value);
      double error = Math.abs((double) wide(bits) - value);
      for (int d = -1; d <= 1; d += 2) {
        float neighbour = wide((short) (bits + d));
        if (Float.isFinite(neighbour)) {
          assertTrue(error <= Math.abs((double) neighbour - value), "at " + value);
        }
      }
    }
  }
}
