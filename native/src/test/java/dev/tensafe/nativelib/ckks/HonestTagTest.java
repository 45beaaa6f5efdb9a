package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Honest answers never alarm: no |z| above 8, no mean of z² over a window of 4096 tokens beyond its
 * bound, nothing beyond its size. Activations have a few dimensions a thousand times larger.
 */
class HonestTagTest {
  private static final int COLUMNS = 576;
  private static final int ROWS = 32;
  private static final int WINDOW = 4096;

  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);

  /** What was seen of z. */
  private static final class Seen {
    private final boolean windows;
    private long tokens;
    private double largest;
    private double squares;
    private double window;
    private double largestWindow;
    private double excess;

    Seen(boolean windows) {
      this.windows = windows;
    }

    void add(double[] verdicts, int count) {
      for (int t = 0; t < count; t++) {
        excess = Math.max(excess, verdicts[GroupCodec.VERDICT * t]);
        for (int i = 1; i < GroupCodec.VERDICT; i++) {
          double z = verdicts[GroupCodec.VERDICT * t + i];
          largest = Math.max(largest, Math.abs(z));
          squares += z * z;
          window += z * z;
        }
        tokens++;
        if (tokens % WINDOW == 0) {
          largestWindow = Math.max(largestWindow, window / (WINDOW * GroupTag.CHECKS));
          window = 0;
        }
      }
    }

    void check(String name, double seconds) {
      double mean = squares / (tokens * GroupTag.CHECKS);
      System.out.printf(
          "%s: %d tokens in %.1f s: largest |z| %.3f, mean z² %.5f, of a window at most %.4f,"
              + " largest excess %.3f%n",
          name, tokens, seconds, largest, mean, largestWindow, excess);
      assertTrue(largest <= GroupCodec.DEVIATIONS, name + ": |z| = " + largest);
      assertTrue(excess <= 1, name + ": excess " + excess);
      // a key's weight moves the noise of a switched modulus by one per cent
      double tolerance = 6 * Math.sqrt(2.0 / (tokens * GroupTag.CHECKS));
      assertEquals(1, mean, tolerance + (windows ? 0.001 : 0.02), name + ": mean z²");
      double bound = 1 + 8 * Math.sqrt(2.0 / (WINDOW * GroupTag.CHECKS));
      assertTrue(!windows || largestWindow <= bound, name + ": window " + largestWindow);
    }
  }

  /** A group whose outliers the columns' scales take into account. */
  private final class Group implements AutoCloseable {
    final Parties parties;
    final int[] weights = new int[ROWS * COLUMNS];
    final double[] magnitudes = new double[COLUMNS];
    final GroupCodec codec;
    final FloatBuffer x;
    final int stored;

    Group(Parties parties, int stored) {
      this.parties = parties;
      this.stored = stored;
      Arrays.fill(magnitudes, 1);
      for (int i = 0; i < 6; i++) {
        magnitudes[random.nextInt(COLUMNS)] = 1000;
      }
      for (int i = 0; i < weights.length; i++) {
        weights[i] = (int) Math.rint(8192 * random.nextGaussian());
      }
      ColumnScales scales = ColumnScales.ofMagnitudes(magnitudes);
      long rowSum = (long) Parties.rowSum(weights, COLUMNS);
      double[] rowScales = new double[ROWS];
      double[] rowNorms = new double[ROWS];
      for (int k = 0; k < ROWS; k++) {
        rowScales[k] = 1e-6 * (1 + k);
        double squares = 0;
        for (int j = 0; j < COLUMNS; j++) {
          // the map of unscaled activations
          double w = weights[k * COLUMNS + j] / scales.scale(j);
          squares += w * w;
        }
        rowNorms[k] = rowScales[k] * Math.sqrt(squares);
      }
      codec =
          GroupCodec.of(
              parties.context,
              COLUMNS,
              ROWS,
              scales,
              FixedPoint.of(parties.context.parameters(), rowSum),
              rowScales,
              rowNorms,
              rowSum,
              tag());
      x = TestBuffers.floats(new float[stored * COLUMNS]);
      refresh();
    }

    private GroupTag tag() {
      long[][] r = new long[GroupTag.CHECKS][ROWS];
      long[][] f = new long[GroupTag.CHECKS][COLUMNS];
      for (int i = 0; i < r.length; i++) {
        for (int k = 0; k < ROWS; k++) {
          r[i][k] = (random.nextBoolean() ? 1 : -1) * (long) (16384 + random.nextInt(16384));
          for (int j = 0; j < COLUMNS; j++) {
            f[i][j] += r[i][k] * weights[k * COLUMNS + j];
          }
        }
      }
      return new GroupTag(r, f);
    }

    /** New activations; every eighth token has an outlier that no scale foresaw. */
    void refresh() {
      for (int t = 0; t < stored; t++) {
        for (int j = 0; j < COLUMNS; j++) {
          x.put(t * COLUMNS + j, (float) (magnitudes[j] * random.nextGaussian()));
        }
        if (t % 8 == 0) {
          x.put(t * COLUMNS + random.nextInt(COLUMNS), (float) (1e4 * random.nextGaussian()));
        }
      }
    }

    WeightMatrix matrix(Packing packing) {
      return WeightMatrix.of(parties.context, TestBuffers.ints(weights), ROWS, COLUMNS, packing);
    }

    int[] rows(int tokens) {
      return random.ints(tokens, 0, stored).toArray();
    }

    @Override
    public void close() {
      codec.close();
    }
  }

  @Test
  void honestPadsNeverAlarm() {
    pads(1);
  }

  @Tag("long")
  @Test
  void aMillionTokensOfHonestPadsNeverAlarm() {
    pads(31);
  }

  /** As many blocks as given, each full: 32,768 tokens. */
  private void pads(int blocks) {
    System.out.println("HonestTagTest seed " + seed);
    int tokens = Pads.SHORT;
    Seen seen = new Seen(true);
    long start = System.nanoTime();
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        Parties parties = new Parties(context);
        Group group = new Group(parties, 1024);
        DotWeights dots = DotWeights.of(TestBuffers.ints(group.weights), ROWS, COLUMNS);
        WeightMatrix matrix = group.matrix(Pads.packing(tokens))) {
      ByteBuffer ahead = DirectBuffers.message(Pads.messageBytes(context, ROWS));
      ByteBuffer up = DirectBuffers.message(Pads.tokenBytes(context, tokens, COLUMNS));
      ByteBuffer down = DirectBuffers.message(Pads.tokenBytes(context, tokens, ROWS));
      DoubleBuffer u = TestBuffers.doubles(tokens * ROWS);
      double[] notes = new double[tokens * GroupCodec.NOTE];
      double[] verdicts = new double[tokens * GroupCodec.VERDICT];
      int[] first = {0};
      int[] count = {tokens};
      for (int block = 0; block < blocks; block++) {
        group.refresh();
        long firstId = parties.takeIds(InputBlock.masks(context, tokens, COLUMNS));
        try (InputBlock inputs =
                InputBlock.of(context, parties.masks, tokens, COLUMNS, ROWS, firstId);
            AnswerBlock answers =
                AnswerBlock.make(
                    context, parties.masks, matrix, parties.halves, firstId, ahead.clear())) {
          inputs.absorb(ahead.flip());
          for (int lane = 0; lane < Pads.lanes(tokens); lane++) {
            try (SecretKey key = TestKeys.lane(context);
                PublicKey publicKey = PublicKey.of(key, parties.halves);
                LanePads pads = LanePads.make(inputs, key);
                LaneNoise noise = LaneNoise.make(answers, publicKey)) {
              LanePads[] padRuns = {pads};
              LaneNoise[] noiseRuns = {noise};
              LanePads.encrypt(
                  group.codec,
                  padRuns,
                  first,
                  count,
                  group.x,
                  group.rows(tokens),
                  notes,
                  up.clear());
              LaneNoise.evaluate(dots, noiseRuns, first, count, up.flip(), down.clear());
              LanePads.decrypt(group.codec, padRuns, first, count, down.flip(), notes, verdicts, u);
              seen.add(verdicts, tokens);
            }
          }
        }
      }
    }
    seen.check("pads", (System.nanoTime() - start) * 1e-9);
  }

  @Test
  void honestCiphertextsNeverAlarm() {
    ciphertexts(CkksParameters.STRICT, 8);
    ciphertexts(CkksParameters.FAST, 2);
  }

  @Tag("long")
  @Test
  void aMillionTokensOfHonestCiphertextsNeverAlarm() {
    ciphertexts(CkksParameters.STRICT, 245);
  }

  /** As many lanes as given, each of one message of 4096 tokens. */
  private void ciphertexts(CkksParameters parameters, int lanes) {
    System.out.println("HonestTagTest seed " + seed);
    Packing packing = new Packing(512, 1);
    InputShape shape = new InputShape(4096, COLUMNS, packing);
    AnswerShape answers = new AnswerShape(4096, ROWS, packing);
    Seen seen = new Seen(false);
    long start = System.nanoTime();
    try (CkksContext context = CkksContext.open(parameters);
        Parties parties = new Parties(context);
        Group group = new Group(parties, 1024);
        WeightMatrix matrix = group.matrix(packing)) {
      ByteBuffer up = DirectBuffers.message(SecretKey.inputMessageBytes(context, shape));
      DoubleBuffer u = TestBuffers.doubles(shape.tokens() * ROWS);
      double[] notes = new double[shape.tokens() * GroupCodec.NOTE];
      double[] verdicts = new double[shape.tokens() * GroupCodec.VERDICT];
      ByteBuffer down = null;
      for (int lane = 0; lane < lanes; lane++) {
        group.refresh();
        try (SecretKey key = TestKeys.lane(context);
            PublicKey publicKey = PublicKey.of(key, parties.halves)) {
          long firstId = parties.takeIds(shape.ciphertexts(parameters.degree()));
          key.encryptInputs(
              group.codec,
              shape,
              group.x,
              group.rows(shape.tokens()),
              parties.masks,
              firstId,
              notes,
              up.clear());
          try (ReceivedInputs inputs = ReceivedInputs.read(context, parties.masks, up.flip())) {
            if (down == null) {
              down = DirectBuffers.message(inputs.answerMessageBytes(matrix));
            }
            inputs.evaluate(matrix, parties.rerandomizer, publicKey, down.clear());
          }
          key.decryptAnswers(group.codec, answers, down.flip(), notes, verdicts, u);
          seen.add(verdicts, shape.tokens());
        }
      }
    }
    seen.check("N=" + parameters.degree(), (System.nanoTime() - start) * 1e-9);
  }
}
