package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pads give the inner products of the ordinary way, with its noise, and every position once. */
class PadsTest {
  private static final long SEED = System.nanoTime();

  private final Random random = new Random(SEED);

  /** Both halves of a block of one group, and a tag of the group. */
  private final class Block implements AutoCloseable {
    final Parties parties;
    final int tokens;
    final int[] weights;
    final int rows;
    final int columns;
    final DotWeights dots;
    final InputBlock input;
    final ByteBuffer message;
    final AnswerBlock answers;
    final FixedPoint fixed;
    final GroupCodec codec;

    Block(Parties parties, int tokens, int rows, int columns) {
      this.parties = parties;
      this.tokens = tokens;
      this.rows = rows;
      this.columns = columns;
      // a root mean square of 8192, as packages have it
      weights = new int[rows * columns];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (int) Math.rint(8192 * random.nextGaussian());
      }
      dots = DotWeights.of(TestBuffers.ints(weights), rows, columns);
      CkksContext context = parties.context;
      long firstId = parties.takeIds(InputBlock.masks(context, tokens, columns));
      input = InputBlock.of(context, parties.masks, tokens, columns, rows, firstId);
      message = DirectBuffers.message(Pads.messageBytes(context, rows));
      try (WeightMatrix matrix =
          WeightMatrix.of(
              context, TestBuffers.ints(weights), rows, columns, Pads.packing(tokens))) {
        answers =
            AnswerBlock.make(context, parties.masks, matrix, parties.halves, firstId, message);
      }
      message.flip();
      long rowSum = (long) Parties.rowSum(weights, columns);
      fixed = FixedPoint.of(context.parameters(), rowSum);
      double[] ones = new double[rows];
      Arrays.fill(ones, 1);
      // large enough bounds, and no dither
      codec =
          GroupCodec.of(
              context,
              columns,
              rows,
              ColumnScales.ofExponents(new byte[columns]),
              fixed,
              ones,
              new double[rows],
              rowSum,
              tag());
    }

    private GroupTag tag() {
      long[][] r = new long[GroupTag.CHECKS][rows];
      long[][] f = new long[GroupTag.CHECKS][columns];
      for (int i = 0; i < r.length; i++) {
        for (int k = 0; k < rows; k++) {
          r[i][k] = (random.nextBoolean() ? 1 : -1) * (long) (16384 + random.nextInt(16384));
          for (int j = 0; j < columns; j++) {
            f[i][j] += r[i][k] * weights[k * columns + j];
          }
        }
      }
      return new GroupTag(r, f);
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
      codec.close();
      answers.close();
      input.close();
      dots.close();
    }
  }

  /** Both halves of a lane on a block. */
  private static final class Lane implements AutoCloseable {
    final SecretKey key;
    final LanePads pads;
    final LaneNoise noise;
    int next;

    Lane(Block block) {
      Parties parties = block.parties;
      key = TestKeys.lane(parties.context);
      pads = LanePads.make(block.input, key);
      try (PublicKey own = PublicKey.of(key, parties.halves);
          PublicKey read = PublicKey.read(parties.context, own.message(), parties.halves)) {
        noise = LaneNoise.make(block.answers, read);
      }
    }

    @Override
    public void close() {
      noise.close();
      pads.close();
      key.close();
    }
  }

  /** Variances over the predicted ones. */
  private static final class Spread {
    double squares;
    long samples;

    void add(double value, double variance) {
      squares += value * value / variance;
      samples++;
    }

    void assertPredicted(String what) {
      // six deviations of a Gaussian's sample variance
      assertEquals(1, squares / samples, 6 * Math.sqrt(2.0 / samples) + 0.01, what);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.tensafe.nativelib.RunnableLevels#names")
  void answersAreTheInnerProductsUpToTheNoise(String kernel) {
    System.out.println("seed " + SEED);
    int[][] sizes = {{32, 1, 1}, {32, 3, 7}, {128, 16, 64}, {128, 21, 100}, {32, 32, 576}};
    try (CkksContext context = CkksContext.open(CkksParameters.FAST, kernel);
        Parties parties = new Parties(context)) {
      Spread noise = new Spread();
      Spread z = new Spread();
      for (int[] size : sizes) {
        try (Block block = new Block(parties, size[0], size[1], size[2])) {
          assertEquals(
              (size[2] * size[0] + 2047) / 2048,
              InputBlock.masks(context, size[0], size[2]),
              "masks of a block");
          block.input.absorb(block.message);
          List<Lane> lanes = new ArrayList<>();
          for (int i = 0; i < 4; i++) {
            lanes.add(new Lane(block));
          }
          while (exchange(block, lanes, noise, z)) {
            // until no lane has positions left
          }
          lanes.forEach(Lane::close);
        }
      }
      // the noise is what the model says, so the floods and the encryptions of zero are there
      noise.assertPredicted("variance over the predicted one");
      z.assertPredicted("variance of z");
    }
  }

  /** One message with a run of every lane that has positions left, in any order. */
  private boolean exchange(Block block, List<Lane> lanes, Spread noise, Spread z) {
    List<Lane> left = new ArrayList<>(lanes);
    left.removeIf(lane -> lane.next >= block.tokens);
    if (left.isEmpty()) {
      return false;
    }
    int runs = left.size();
    LanePads[] pads = new LanePads[runs];
    LaneNoise[] noises = new LaneNoise[runs];
    int[] first = new int[runs];
    int[] count = new int[runs];
    int tokens = 0;
    for (int i = 0; i < runs; i++) {
      Lane lane = left.get(i);
      pads[i] = lane.pads;
      noises[i] = lane.noise;
      first[i] = lane.next;
      count[i] = Math.min(1 + random.nextInt(20), block.tokens - lane.next);
      lane.next += count[i] + random.nextInt(3);
      tokens += count[i];
    }
    float[] x = new float[tokens * block.columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    // every token is another row
    int[] rows = Parties.allRows(tokens);
    for (int t = 0; t < tokens; t++) {
      rows[t] = tokens - 1 - t;
    }
    double[] notes = new double[GroupCodec.NOTE * tokens];
    double[] verdicts = new double[GroupCodec.VERDICT * tokens];
    ByteBuffer up = block.up(tokens);
    LanePads.encrypt(block.codec, pads, first, count, TestBuffers.floats(x), rows, notes, up);
    ByteBuffer down = block.down(tokens);
    LaneNoise.evaluate(block.dots, noises, first, count, up.flip(), down);
    DoubleBuffer out = TestBuffers.doubles(tokens * block.rows);
    LanePads.decrypt(block.codec, pads, first, count, down.flip(), notes, verdicts, out);
    NoiseModel model = new NoiseModel(CkksParameters.FAST);
    for (int t = 0; t < tokens; t++) {
      double magnitude = notes[GroupCodec.NOTE * t];
      double[] exact = block.exact(x, rows[t], magnitude);
      double unit = block.fixed.tokenScale(magnitude);
      for (int k = 0; k < block.rows; k++) {
        double row = 0;
        for (int j = 0; j < block.columns; j++) {
          double w = block.weights[k * block.columns + j];
          row += w * w;
        }
        // the exact sum is of rounded inputs
        double variance = model.answer(row, row) - row / 12;
        double error = out.get(t * block.rows + k) / unit - exact[k];
        assertTrue(Math.abs(error) < 9 * Math.sqrt(variance), block.columns + " " + error);
        noise.add(error, variance);
      }
      for (int i = 0; i < GroupTag.CHECKS; i++) {
        double value = verdicts[GroupCodec.VERDICT * t + 1 + i];
        assertTrue(Math.abs(value) < GroupCodec.DEVIATIONS, "z = " + value);
        z.add(value, 1);
      }
    }
    return true;
  }

  @Test
  void aPositionIsUsedOnceByEitherSide() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Block block = new Block(parties, Pads.SHORT, 4, 32)) {
      double[] notes = new double[3 * GroupCodec.NOTE];
      double[] verdicts = new double[3 * GroupCodec.VERDICT];
      int[] rows = {0, 0, 0};
      int[] three = {3};
      int[] wrong = {0, 5, 7, 30, 32, -1, Integer.MAX_VALUE};
      SecretKey early = TestKeys.lane(context);
      assertThrows(CkksException.class, () -> LanePads.make(block.input, early));
      block.input.absorb(block.message);
      assertThrows(CkksException.class, () -> block.input.absorb(block.message));
      Lane lane = new Lane(block);
      LanePads[] pads = {lane.pads};
      LaneNoise[] noise = {lane.noise};
      ByteBuffer up = block.up(3);
      LanePads.encrypt(
          block.codec,
          pads,
          new int[] {5},
          three,
          TestBuffers.floats(new float[32]),
          rows,
          notes,
          up);
      up.flip();
      for (int first : wrong) {
        assertThrows(
            CkksException.class,
            () ->
                LanePads.encrypt(
                    block.codec,
                    pads,
                    new int[] {first},
                    three,
                    TestBuffers.floats(new float[32]),
                    rows,
                    notes,
                    block.up(3)),
            "position " + first);
      }
      ByteBuffer down = block.down(3);
      LaneNoise.evaluate(block.dots, noise, new int[] {5}, three, up, down);
      down.flip();
      for (int first : wrong) {
        assertThrows(
            CkksException.class,
            () ->
                LaneNoise.evaluate(block.dots, noise, new int[] {first}, three, up, block.down(3)),
            "position " + first);
      }
      DoubleBuffer out = TestBuffers.doubles(3 * 4);
      LanePads.decrypt(block.codec, pads, new int[] {5}, three, down, notes, verdicts, out);
      for (int first : wrong) {
        assertThrows(
            CkksException.class,
            () ->
                LanePads.decrypt(
                    block.codec, pads, new int[] {first}, three, down, notes, verdicts, out),
            "position " + first);
      }
      lane.close();
      early.close();
    }
  }

  @Test
  void whatIsMalformedIsRefused() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Block block = new Block(parties, Pads.SHORT, 4, 32)) {
      ByteBuffer shorter = block.message.duplicate();
      shorter.limit(shorter.limit() - 1);
      assertThrows(CkksException.class, () -> block.input.absorb(shorter));
      block.input.absorb(block.message);
      Lane lane = new Lane(block);
      ByteBuffer ones = block.up(2);
      for (int i = 0; i < ones.capacity(); i++) {
        ones.put(i, (byte) 0xff);
      }
      LaneNoise[] noise = {lane.noise};
      assertThrows(
          CkksException.class,
          () ->
              LaneNoise.evaluate(
                  block.dots, noise, new int[] {0}, new int[] {2}, ones, block.down(2)),
          "residues beyond the modulus");
      for (int[][] runs :
          new int[][][] {{{0}, {0}}, {{0, 1}, {1}}, {{0}, {1, 1}}, {{}, {}}, {{0}, {-1}}}) {
        assertThrows(
            CkksException.class,
            () ->
                LaneNoise.evaluate(
                    block.dots, noise, runs[0], runs[1], block.up(1), block.down(4)));
      }
      int[] large = new int[8];
      Arrays.fill(large, 1 << 24);
      assertThrows(CkksException.class, () -> DotWeights.of(TestBuffers.ints(large), 1, 8));
      try (CkksContext strict = CkksContext.open(CkksParameters.STRICT)) {
        assertThrows(
            CkksException.class, () -> InputBlock.of(strict, parties.masks, Pads.SHORT, 32, 4, 0));
      }
      lane.close();
    }
  }

  @Test
  void whatIsClosedIsNotUsed() {
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Block block = new Block(parties, Pads.SHORT, 4, 32)) {
      block.input.absorb(block.message);
      Lane open = new Lane(block);
      Lane closed = new Lane(block);
      closed.close();
      assertThrows(IllegalStateException.class, () -> LanePads.make(block.input, closed.key));
      LaneNoise[] noise = {open.noise, closed.noise};
      int[] zeros = {0, 0};
      int[] ones = {1, 1};
      assertThrows(
          IllegalStateException.class,
          () -> LaneNoise.evaluate(block.dots, noise, zeros, ones, block.up(2), block.down(2)));
      // the lease on the open one was given back
      open.close();
      assertTrue(open.noise.isClosed());
    }
  }
}
