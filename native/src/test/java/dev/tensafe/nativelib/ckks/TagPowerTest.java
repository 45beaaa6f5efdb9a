package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What deviations of an answer a tag lets pass, over the secret r: the table of the design's
 * section 3, for exact f. The threshold is 8·2^16 = 2^19 per ‖r‖. Expected with r' = 32, by
 * integration:
 *
 * <pre>
 *                                    one check   two checks
 * one row, 2^22                        0.0989      0.0098
 * one row, 2^24                        0           0
 * two rows that cancel, 2^28           0.0167      2.8e-4
 * two rows that cancel, 2^38           3.05e-5     9.3e-10
 * </pre>
 *
 * <p>The last line is the chance that |r| of the two rows are the same, and the signs as was hoped.
 */
class TagPowerTest {
  private static final int COLUMNS = 64;
  private static final int ROWS = 32;
  private static final int TOKENS = Pads.SHORT;
  private static final double DEVIATION =
      Math.sqrt(new NoiseModel(CkksParameters.FAST).evaluation());

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  /** How often a deviation passed, and how often the drawn r let it. */
  private static final class Line {
    final double deviation;
    long trials;
    final long[] passed = new long[2];
    final double[] predicted = new double[2];

    Line(int log) {
      deviation = Math.scalb(1.0, log);
    }

    /** A token with r·deviation of each check, in units of its deviation. */
    void add(double[] shift, double[] z) {
      double chance = 1;
      boolean passes = true;
      for (int i = 0; i < GroupTag.CHECKS; i++) {
        double pass = normal(8 - shift[i]) - normal(-8 - shift[i]);
        chance *= pass;
        passes &= Math.abs(z[i]) <= GroupCodec.DEVIATIONS;
        if (i == 0) {
          predicted[0] += pass;
          passed[0] += passes ? 1 : 0;
        }
      }
      predicted[1] += chance;
      passed[1] += passes ? 1 : 0;
      trials++;
    }

    void check(String name, double one, double two) {
      double[] expected = {one, two};
      for (int i = 0; i < 2; i++) {
        System.out.printf(
            "%s 2^%.0f, %d of 2 checks: %d of %d passed (%.3g), %.1f predicted, table %.3g%n",
            name,
            Math.log(deviation) / Math.log(2),
            i + 1,
            passed[i],
            trials,
            passed[i] / (double) trials,
            predicted[i],
            expected[i]);
        // given r, passing is chance; both checks share the noise, which shows between 7 and 9 only
        double bound = 6 * Math.sqrt(predicted[i]) + 1;
        assertEquals(predicted[i], passed[i], bound + 0.02 * predicted[i], name + " given r");
        // sixteen tokens share an r: at worst they pass together
        double mean = expected[i] * trials;
        assertEquals(mean, passed[i], 6 * Math.sqrt(16 * mean) + 1, name);
      }
    }
  }

  @Test
  void aTagLetsPassWhatTheTableSays() {
    measure(600);
  }

  @Tag("long")
  @Test
  void aTagLetsPassWhatTheTableSaysInAMillionTrials() {
    measure(63_000);
  }

  private void measure(int draws) {
    System.out.println("TagPowerTest seed " + seed);
    Line oneSmall = new Line(22);
    Line oneLarge = new Line(24);
    Line twoSmall = new Line(28);
    Line twoLarge = new Line(38);
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Group group = new Group(parties)) {
      long start = System.nanoTime();
      for (int draw = 0; draw < draws; draw++) {
        long[][] r = new long[GroupTag.CHECKS][ROWS];
        for (long[] check : r) {
          for (int k = 0; k < ROWS; k++) {
            check[k] = (random.nextBoolean() ? 1 : -1) * (long) (16384 + random.nextInt(16384));
          }
        }
        // in turn: 32 tokens that deviate in a row each, and 16 pairs of rows twice
        boolean pairs = draw % 2 == 1;
        Line[] lines = pairs ? new Line[] {twoSmall, twoLarge} : new Line[] {oneSmall, oneLarge};
        double[] deviations =
            IntStream.range(0, TOKENS).mapToDouble(t -> lines[t / 16].deviation).toArray();
        double[][] z = group.answer(r, deviations, pairs);
        for (int t = 0; t < TOKENS; t++) {
          double[] shift = new double[GroupTag.CHECKS];
          for (int i = 0; i < shift.length; i++) {
            double norm = Math.sqrt(Arrays.stream(r[i]).mapToDouble(v -> (double) v * v).sum());
            double combined = pairs ? r[i][2 * (t % 16)] - r[i][2 * (t % 16) + 1] : r[i][t % ROWS];
            shift[i] = combined * deviations[t] / (norm * DEVIATION);
          }
          lines[t / 16].add(shift, z[t]);
        }
      }
      System.out.printf("%d draws in %.1f s%n", draws, (System.nanoTime() - start) * 1e-9);
    }
    oneSmall.check("one row,", 0.0989, 0.0098);
    oneLarge.check("one row,", 0, 0);
    twoSmall.check("two rows,", 0.0167, 2.8e-4);
    twoLarge.check("two rows,", 3.05e-5, 9.3e-10);
  }

  /** Φ, from the error function's expansion: to 1e-7 where it matters. */
  private static double normal(double x) {
    if (x < -8) {
      return 0;
    }
    if (x > 8) {
      return 1;
    }
    double sum = x;
    double term = x;
    for (int i = 1; i < 200; i++) {
      term *= x * x / (2 * i + 1);
      sum += term;
    }
    return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
  }

  /** Both halves of a group whose host moves its answers. */
  private static final class Group implements AutoCloseable {
    private static final int LANES_A_BLOCK = Pads.POSITIONS_PER_BLOCK / TOKENS;

    final Parties parties;
    final int[] weights = new int[ROWS * COLUMNS];
    final DotWeights dots;
    final WeightMatrix matrix;
    final FixedPoint fixed;
    final double[] ones = new double[ROWS];
    final ByteBuffer ahead;
    final ByteBuffer up;
    final ByteBuffer down;
    final DoubleBuffer u = TestBuffers.doubles(TOKENS * ROWS);
    final float[] x = new float[TOKENS * COLUMNS];
    InputBlock inputs;
    AnswerBlock answers;
    int lanes;

    Group(Parties parties) {
      this.parties = parties;
      Random random = new Random(1);
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (int) Math.rint(8192 * random.nextGaussian());
      }
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      CkksContext context = parties.context;
      dots = DotWeights.of(TestBuffers.ints(weights), ROWS, COLUMNS);
      matrix =
          WeightMatrix.of(context, TestBuffers.ints(weights), ROWS, COLUMNS, Pads.packing(TOKENS));
      fixed = FixedPoint.of(context.parameters(), Parties.rowSum(weights, COLUMNS));
      Arrays.fill(ones, 1);
      ahead = DirectBuffers.message(Pads.messageBytes(context, ROWS));
      up = DirectBuffers.message(Pads.tokenBytes(context, TOKENS, COLUMNS));
      // room to read the last numbers as whole words
      long bytes = Pads.tokenBytes(context, TOKENS, ROWS);
      down = DirectBuffers.message(bytes + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      down.limit((int) bytes);
      block();
    }

    private void block() {
      CkksContext context = parties.context;
      long firstId = parties.takeIds(InputBlock.masks(context, TOKENS, COLUMNS));
      inputs = InputBlock.of(context, parties.masks, TOKENS, COLUMNS, ROWS, firstId);
      answers =
          AnswerBlock.make(context, parties.masks, matrix, parties.halves, firstId, ahead.clear());
      inputs.absorb(ahead.flip());
      lanes = 0;
    }

    /** z of the tokens of a new lane whose answers are moved, [token][check]. */
    double[][] answer(long[][] r, double[] deviations, boolean pairs) {
      if (lanes++ == LANES_A_BLOCK) {
        answers.close();
        inputs.close();
        block();
        lanes++;
      }
      long[][] f = new long[r.length][COLUMNS];
      for (int i = 0; i < r.length; i++) {
        for (int k = 0; k < ROWS; k++) {
          for (int j = 0; j < COLUMNS; j++) {
            f[i][j] += r[i][k] * weights[k * COLUMNS + j];
          }
        }
      }
      CkksContext context = parties.context;
      double[] notes = new double[TOKENS * GroupCodec.NOTE];
      double[] verdicts = new double[TOKENS * GroupCodec.VERDICT];
      int[] first = {0};
      int[] count = {TOKENS};
      try (GroupCodec codec =
              GroupCodec.of(
                  context,
                  COLUMNS,
                  ROWS,
                  ColumnScales.ofExponents(new byte[COLUMNS]),
                  fixed,
                  ones,
                  ones,
                  (long) Parties.rowSum(weights, COLUMNS),
                  new GroupTag(r, f));
          SecretKey key = TestKeys.lane(context);
          PublicKey publicKey = PublicKey.of(key, parties.halves);
          LanePads pads = LanePads.make(inputs, key);
          LaneNoise noise = LaneNoise.make(answers, publicKey)) {
        LanePads[] padRuns = {pads};
        LaneNoise[] noiseRuns = {noise};
        LanePads.encrypt(
            codec,
            padRuns,
            first,
            count,
            TestBuffers.floats(x),
            Parties.allRows(TOKENS),
            notes,
            up.clear());
        LaneNoise.evaluate(dots, noiseRuns, first, count, up.flip(), down.position(0));
        down.position(0);
        for (int t = 0; t < TOKENS; t++) {
          long deviation = (long) deviations[t];
          if (pairs) {
            move(t, 2 * (t % 16), deviation);
            move(t, 2 * (t % 16) + 1, -deviation);
          } else {
            move(t, t, deviation);
          }
        }
        LanePads.decrypt(codec, padRuns, first, count, down, notes, verdicts, u);
      }
      return IntStream.range(0, TOKENS)
          .mapToObj(
              t -> {
                int at = t * GroupCodec.VERDICT + 1;
                return Arrays.copyOfRange(verdicts, at, at + GroupTag.CHECKS);
              })
          .toArray(double[][]::new);
    }

    /** Adds to a packed residue: 50 bits each, every token from a byte of its own on. */
    private void move(int token, int row, long deviation) {
      int bit = 50 * row;
      int at = token * (ROWS * 50 / 8) + bit / 8;
      int shift = bit % 8;
      int limit = down.limit();
      down.limit(down.capacity());
      long word = down.getLong(at);
      long mask = (1L << 50) - 1;
      long q = CkksParameters.FAST.moduli().get(0);
      long moved = Math.floorMod((word >>> shift & mask) + deviation, q);
      down.putLong(at, word & ~(mask << shift) | moved << shift);
      down.limit(limit);
    }

    @Override
    public void close() {
      answers.close();
      inputs.close();
      matrix.close();
      dots.close();
    }
  }
}
