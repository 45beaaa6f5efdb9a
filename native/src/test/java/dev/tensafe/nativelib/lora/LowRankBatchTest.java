package dev.tensafe.nativelib.lora;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import dev.tensafe.nativelib.lora.LowRankAdapter.Factor;
import dev.tensafe.nativelib.lora.LowRankAdapter.Module;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A step of mixed adapters against the definition in double precision. */
class LowRankBatchTest {
  private static final int SLOTS = 4;
  private static final int IN = 21;
  private static final int[] OUT = {40, 7, 33, 64};

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  /** An adapter and the numbers it holds. */
  private final class Filled implements AutoCloseable {
    final LowRankAdapter adapter;
    final List<Module> modules = new ArrayList<>();
    final double[][] a = new double[SLOTS][];
    final double[][] b = new double[SLOTS][];

    Filled(ElementType type, int rank, int... slots) {
      for (int slot : slots) {
        modules.add(new Module(slot, IN, OUT[slot], rank, 0.25f * (slot + 1), type));
      }
      adapter = new LowRankAdapter(SLOTS, modules);
      for (Module m : modules) {
        a[m.slot()] = fill(m, Factor.A, rank * IN);
        b[m.slot()] = fill(m, Factor.B, rank * m.out());
      }
    }

    private double[] fill(Module m, Factor factor, int count) {
      double[] values = new double[count];
      ByteBuffer bytes =
          ByteBuffer.allocate(count * m.type().bytes()).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < count; i++) {
        // eight bits of fraction: exact in all three types
        int eighths = random.nextInt(255) - 127;
        values[i] = eighths / 64.0;
        float value = (float) values[i];
        switch (m.type()) {
          case F32 -> bytes.putFloat(value);
          case BF16 -> bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
          case F16 -> bytes.putShort(half(value));
        }
      }
      bytes.flip();
      int cut = random.nextInt(count) * m.type().bytes();
      adapter.put(m.slot(), factor, 0, bytes.duplicate().limit(cut));
      adapter.put(m.slot(), factor, cut / m.type().bytes(), bytes.duplicate().position(cut));
      return values;
    }

    void apply(double[] x, double[] y, int slot) {
      for (Module m : modules) {
        if (m.slot() == slot) {
          for (int k = 0; k < m.rank(); k++) {
            double sum = 0;
            for (int j = 0; j < IN; j++) {
              sum += a[slot][k * IN + j] * x[j];
            }
            for (int o = 0; o < m.out(); o++) {
              y[o] += m.scaling() * sum * b[slot][o * m.rank() + k];
            }
          }
        }
      }
    }

    @Override
    public void close() {
      adapter.close();
    }
  }

  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    if (value == 0) {
      return 0;
    }
    int exponent = (bits >>> 23 & 0xff) - 112;
    return (short) (bits >>> 16 & 0x8000 | exponent << 10 | bits >>> 13 & 0x3ff);
  }

  private FloatBuffer matrix(int rows, int columns) {
    FloatBuffer values =
        ByteBuffer.allocateDirect(rows * columns * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < rows * columns; i++) {
      values.put(i, random.nextFloat() - 0.5f);
    }
    return values;
  }

  @Test
  void everyRowGetsItsOwnAdapterAndOthersAreLeftAlone() {
    System.out.println("seed " + seed);
    int rows = 40;
    LowRankBatch batch = new LowRankBatch();
    for (int round = 0; round < 20; round++) {
      try (Filled p = new Filled(ElementType.F32, 1 + random.nextInt(20), 0, 2);
          Filled q = new Filled(ElementType.BF16, 1 + random.nextInt(20), 0, 1, 2, 3);
          Filled r = new Filled(ElementType.F16, 4, 1)) {
        List<Filled> all = List.of(p, q, r);
        List<List<Integer>> rowsOf =
            List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        int[] owner = new int[rows];
        for (int row = 0; row < rows; row++) {
          owner[row] = random.nextInt(4) - 1;
          if (owner[row] >= 0) {
            rowsOf.get(owner[row]).add(row);
          }
        }
        batch.begin(
            all.stream().map(f -> f.adapter).toList(),
            rowsOf.stream().map(l -> l.stream().mapToInt(i -> i).toArray()).toList());
        FloatBuffer x = matrix(rows, IN);
        batch.shrink(0, 3, x.asReadOnlyBuffer(), IN);
        for (int slot = 0; slot < 3; slot++) {
          FloatBuffer y = matrix(rows, OUT[slot]);
          double[] before = doubles(y);
          batch.expand(slot, y, OUT[slot]);
          for (int row = 0; row < rows; row++) {
            double[] want = slice(before, row, OUT[slot]);
            if (owner[row] >= 0) {
              all.get(owner[row]).apply(slice(doubles(x), row, IN), want, slot);
            }
            for (int o = 0; o < OUT[slot]; o++) {
              assertEquals(want[o], y.get(row * OUT[slot] + o), 2e-4, "slot " + slot);
            }
          }
        }
        assertTrue(batch.touches(3, 1));
      }
    }
  }

  @Test
  void memoryIsCountedAndClosedAdaptersAreNotUsed() {
    Filled filled = new Filled(ElementType.BF16, 9, 0, 3);
    long sum = filled.modules.stream().mapToLong(Module::bytes).sum();
    assertEquals(sum, filled.adapter.bytes());
    LowRankBatch batch = new LowRankBatch();
    batch.begin(List.of(filled.adapter), List.of(new int[] {0}));
    assertFalse(batch.touches(1, 2));
    filled.close();
    FloatBuffer x = matrix(1, IN);
    assertThrows(IllegalStateException.class, () -> batch.shrink(0, 1, x, IN));
  }

  @Test
  void buffersThatDoNotFitAreRefused() {
    try (Filled filled = new Filled(ElementType.F32, 3, 0)) {
      LowRankBatch batch = new LowRankBatch();
      batch.begin(List.of(filled.adapter), List.of(new int[] {4}));
      FloatBuffer small = matrix(4, IN);
      assertThrows(IllegalArgumentException.class, () -> batch.shrink(0, 1, small, IN));
      assertThrows(
          IllegalArgumentException.class,
          () -> batch.shrink(0, 1, FloatBuffer.allocate(5 * IN), IN));
      FloatBuffer x = matrix(5, IN);
      assertThrows(IllegalArgumentException.class, () -> batch.shrink(0, 1, x, IN - 1));
      batch.shrink(0, 1, x, IN);
      FloatBuffer y = matrix(5, OUT[0]);
      assertThrows(
          IllegalArgumentException.class, () -> batch.expand(0, y.asReadOnlyBuffer(), OUT[0]));
      assertThrows(
          IllegalArgumentException.class,
          () -> filled.adapter.put(2, Factor.A, 0, ByteBuffer.allocate(4)));
      LowRankException e =
          assertThrows(
              LowRankException.class,
              () -> filled.adapter.put(0, Factor.A, 3 * IN - 1, ByteBuffer.allocate(8)));
      assertEquals("low_rank.invalid_argument", e.code());
    }
  }

  private static double[] doubles(FloatBuffer values) {
    double[] out = new double[values.capacity()];
    for (int i = 0; i < out.length; i++) {
      out[i] = values.get(i);
    }
    return out;
  }

  private static double[] slice(double[] matrix, int row, int columns) {
    return java.util.Arrays.copyOfRange(matrix, row * columns, (row + 1) * columns);
  }
}
