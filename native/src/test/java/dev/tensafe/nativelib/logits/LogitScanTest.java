package dev.tensafe.nativelib.logits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The binding: what Java asks is what is answered, for rows anywhere in a matrix. */
class LogitScanTest {
  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  private static List<Integer> ids(LogitScan scan, int count) {
    return IntStream.range(0, count).mapToObj(scan::id).toList();
  }

  @Test
  void everyRowOfAMatrixIsAskedAlone() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int vocab = 1 + random.nextInt(5000);
    int rows = 3;
    FloatBuffer matrix = floats(rows * vocab);
    for (int i = 0; i < matrix.capacity(); i++) {
      matrix.put(i, Math.round(2 * random.nextGaussian()) / 2f);
    }
    LogitScan scan = new LogitScan(vocab);
    for (int r = 0; r < rows; r++) {
      FloatBuffer row = matrix.slice(r * vocab, vocab);
      List<Integer> order =
          IntStream.range(0, vocab).boxed().sorted(Comparator.comparing(i -> -row.get(i))).toList();
      assertEquals(order.get(0), scan.mostLikely(row));
      int count = Math.min(20, vocab);
      assertEquals(count, scan.best(row, 20));
      assertEquals(order.subList(0, count), ids(scan, count));
      assertEquals(vocab, scan.best(row, Integer.MAX_VALUE));
      assertEquals(order, ids(scan, vocab));
      List<Integer> positive = order.stream().filter(i -> row.get(i) > 0).sorted().toList();
      assertEquals(positive, ids(scan, scan.above(row, 0)));
      assertEquals(vocab, scan.above(row, Float.NEGATIVE_INFINITY));
      float max = row.get(order.get(0));
      double total = scan.weigh(row, max, 0.7);
      double expected =
          IntStream.range(0, vocab).mapToDouble(i -> Math.exp((row.get(i) - max) / 0.7)).sum();
      assertEquals(expected, total, 1e-12 * expected);
      assertEquals(
          total,
          IntStream.range(0, (vocab + LogitScan.BLOCK - 1) / LogitScan.BLOCK)
              .mapToDouble(scan::weight)
              .sum(),
          1e-12 * total);
    }
  }

  @Test
  void whatIsNotARowIsRefused() {
    LogitScan scan = new LogitScan(8);
    assertThrows(
        IllegalArgumentException.class, () -> scan.mostLikely(FloatBuffer.wrap(new float[8])));
    assertThrows(IllegalArgumentException.class, () -> scan.mostLikely(floats(7)));
    assertThrows(IllegalArgumentException.class, () -> scan.above(floats(9), 0));
    assertThrows(IllegalArgumentException.class, () -> scan.weigh(floats(9).position(1), 0, 1));
    assertThrows(IllegalArgumentException.class, () -> scan.best(floats(8), -1));
    FloatBuffer turned = ByteBuffer.allocateDirect(32).asFloatBuffer();
    assertEquals(ByteOrder.BIG_ENDIAN, turned.order());
    assertThrows(IllegalArgumentException.class, () -> scan.mostLikely(turned));
  }
}
