package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pads give the inner products of the ordinary way, with its noise, and every position once. */
class PadsTest {
  private static final long SEED = System.nanoTime();

  private final Random random = new Random(SEED);

  /** Both halves of a block. */
  private final class Block implements AutoCloseable {
    final Parties parties;
    final int[] weights;
    final int rows;
    final int columns;
    final WeightMatrix matrix;
    final DotWeights dots;
    final InputPads input;
    final ByteBuffer message;
    final AnswerPads answers;
    final FixedPoint fixed;

    Block(Parties parties, int rows, int columns) {
      this.parties = parties;
      this.rows = rows;
      this.columns = columns;
      weights = random.ints((long) rows * columns, -20_000, 20_000).toArray();
      matrix =
          WeightMatrix.of(parties.context, TestBuffers.ints(weights), rows, columns, Pads.PACKING);
      dots = DotWeights.of(TestBuffers.ints(weights), rows, columns);
      input = InputPads.make(parties.key, columns, rows);
      message = DirectBuffers.message(Pads.messageBytes(parties.context, rows));
      answers =
          AnswerPads.make(
              parties.context,
              parties.masks,
              matrix,
              parties.rerandomizer,
              input.firstId(),
              message);
      message.flip();
      fixed = FixedPoint.of(parties.context.parameters(), Parties.rowSum(weights, columns));
    }

    /** What an answer should be, in integers of the model host's fixed point. */
    double[] exact(float[] x, int t, double magnitude) {
      double[] out = new double[rows];
      for (int k = 0; k < rows; k++) {
        long sum = 0;
        for (int j = 0; j < columns; j++) {
          double scaled = x[t * columns + j] * Math.scalb(1.0, fixed.scaleBits()) / magnitude;
          sum += weights[k * columns + j] * (long) Math.rint(scaled);
        }
        out[k] = sum;
      }
      return out;
    }

    ByteBuffer up(int count) {
      return DirectBuffers.message(Pads.tokenBytes(parties.context, count, columns));
    }

    ByteBuffer down(int count) {
      return DirectBuffers.message(Pads.tokenBytes(parties.context, count, rows));
    }

    @Override
    public void close() {
      answers.close();
      input.close();
      dots.close();
      matrix.close();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.tensafe.nativelib.RunnableLevels#names")
  void answersAreTheInnerProductsUpToTheNoise(String kernel) {
    System.out.println("seed " + SEED);
    int[][] sizes = {{1, 1}, {3, 7}, {16, 64}, {21, 100}, {32, 576}};
    try (CkksContext context = CkksContext.open(CkksParameters.FAST, kernel);
        Parties parties = new Parties(context)) {
      double squares = 0;
      long samples = 0;
      double predicted = 0;
      for (int[] size : sizes) {
        try (Block block = new Block(parties, size[0], size[1])) {
          block.input.absorb(block.message);
          NoiseModel model = new NoiseModel(CkksParameters.FAST);
          for (int first = 0; first < Pads.POSITIONS; ) {
            int count = Math.min(1 + random.nextInt(40), Pads.POSITIONS - first);
            float[] x = new float[count * size[1]];
            for (int i = 0; i < x.length; i++) {
              x[i] = (float) random.nextGaussian();
            }
            ByteBuffer up = block.up(count);
            double[] magnitudes =
                block.input.encrypt(
                    first, count, TestBuffers.floats(x), null, block.fixed.scaleBits(), up);
            up.flip();
            ByteBuffer down = block.down(count);
            block.answers.evaluate(block.dots, first, count, up, down);
            down.flip();
            DoubleBuffer out = TestBuffers.doubles(count * size[0]);
            double[] ones = new double[count];
            Arrays.fill(ones, 1);
            block.input.decrypt(first, count, down, ones, null, out);
            for (int t = 0; t < count; t++) {
              double[] exact = block.exact(x, t, magnitudes[t]);
              for (int k = 0; k < size[0]; k++) {
                double row = 0;
                for (int j = 0; j < size[1]; j++) {
                  double w = block.weights[k * size[1] + j];
                  row += w * w;
                }
                double variance = model.answer(row, row);
                double error = out.get(t * size[0] + k) - exact[k];
                assertTrue(
                    Math.abs(error) < 9 * Math.sqrt(variance),
                    kernel + " " + size[1] + " " + error);
                squares += error * error / variance;
                samples++;
              }
            }
            first += count + random.nextInt(3);
          }
          predicted = 1;
        }
      }
      // the noise is what the model says, so the floods and the encryptions of zero are there
      assertEquals(predicted, squares / samples, 0.05, "variance over the predicted one");
    }
  }

  @Test
  void aPositionIsUsedOnceByEitherSide() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Block block = new Block(parties, 4, 32)) {
      float[] x = new float[3 * 32];
      ByteBuffer up = block.up(3);
      assertThrows(
          CkksException.class,
          () -> block.input.encrypt(0, 3, TestBuffers.floats(x), null, 10, up));
      block.input.absorb(block.message);
      block.input.encrypt(5, 3, TestBuffers.floats(x), null, 10, up);
      up.flip();
      for (int first : new int[] {0, 5, 7, 254, 256, -1}) {
        ByteBuffer again = block.up(3);
        assertThrows(
            CkksException.class,
            () -> block.input.encrypt(first, 3, TestBuffers.floats(x), null, 10, again),
            "position " + first);
      }
      ByteBuffer down = block.down(3);
      block.answers.evaluate(block.dots, 5, 3, up, down);
      for (int first : new int[] {0, 5, 7, 254, 256, -1}) {
        assertThrows(
            CkksException.class,
            () -> block.answers.evaluate(block.dots, first, 3, up, block.down(3)),
            "position " + first);
      }
    }
  }

  @Test
  void whatIsMalformedIsRefused() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Block block = new Block(parties, 4, 32)) {
      ByteBuffer shorter = block.message.duplicate();
      shorter.limit(shorter.limit() - 1);
      assertThrows(CkksException.class, () -> block.input.absorb(shorter));
      ByteBuffer ones = block.up(2);
      for (int i = 0; i < ones.capacity(); i++) {
        ones.put(i, (byte) 0xff);
      }
      assertThrows(
          CkksException.class,
          () -> block.answers.evaluate(block.dots, 0, 2, ones, block.down(2)),
          "residues beyond the modulus");
      int[] large = new int[8];
      Arrays.fill(large, 1 << 24);
      assertThrows(CkksException.class, () -> DotWeights.of(TestBuffers.ints(large), 1, 8));
      try (CkksContext strict = CkksContext.open(CkksParameters.STRICT);
          SecretKey key = SecretKey.generate(strict)) {
        assertThrows(CkksException.class, () -> InputPads.make(key, 32, 4));
      }
    }
  }

  @Test
  void aClosedKeyEndsItsPads() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST)) {
      SecretKey key = SecretKey.generate(context);
      try (InputPads pads = InputPads.make(key, 32, 4)) {
        key.close();
        assertThrows(
            IllegalStateException.class,
            () -> pads.absorb(DirectBuffers.message(Pads.messageBytes(context, 4))));
      }
    }
  }
}
