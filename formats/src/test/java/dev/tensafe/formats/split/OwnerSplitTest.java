package dev.tensafe.formats.split;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraModule;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The split against the plain product, computed here in float64 without any decomposition. */
class OwnerSplitTest {
  private static final String MODULE = "model.layers.0.self_attn.q_proj";

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @TempDir Path directory;

  OwnerSplitTest() {
    System.out.println("seed " + seed);
  }

  /** trueRank: how many independent columns of B and rows of A there are. */
  @ParameterizedTest
  @CsvSource({
    "64, 48, 8, 8, 8",
    "48, 64, 8, 8, 8",
    "4, 64, 16, 16, 16", // r > D
    "64, 4, 16, 16, 16", // r > d
    "6, 5, 32, 32, 32", // r > both
    "64, 48, 8, 3, 8", // B rank-deficient
    "64, 48, 8, 8, 2", // A rank-deficient
    "64, 48, 8, 5, 4",
    "64, 48, 1, 1, 1",
    "1, 48, 4, 4, 4",
    "300, 200, 64, 64, 64"
  })
  void productIsKeptAndBasisSpansOnlyTheDeltas(int out, int in, int r, int rankB, int rankA)
      throws IOException {
    double[] b = lowRank(out, r, rankB);
    double[] a = lowRank(r, in, rankA);
    double[] norm = IntStream.range(0, in).mapToDouble(j -> random.nextGaussian()).toArray();
    try (Fixture f = new Fixture(out, in, r, b, a, norm)) {
      SplitModule split = f.split(seedBytes());
      double[] delta = scaled(multiply(b, a, out, r, in), f.module().scaling());
      int expectedRank = Math.min(Math.min(out, in), Math.min(rankA, rankB));
      assertEquals(expectedRank, split.rank());
      double[] basis = doubles(split.basis());
      double[] sealed = dequantised(split, f.exponents());

      double[] product = multiply(basis, sealed, out, split.rank(), in);
      // Rounding to integers of rms 2^13 costs at most 2^-14 = 6.1e-5 of a row's norm, typically
      // 2^-13/sqrt(12) = 3.5e-5, where columns count as much as their exponents say.
      double error = weightedNorm(subtract(product, delta), f.exponents());
      assertTrue(
          error <= 6.11e-5 * weightedNorm(delta, f.exponents()),
          () -> "off by " + error / weightedNorm(delta, f.exponents()));

      double[] gram =
          multiply(transpose(basis, out, split.rank()), basis, split.rank(), out, split.rank());
      for (int i = 0; i < gram.length; i++) {
        assertEquals(i % (split.rank() + 1) == 0 ? 1 : 0, gram[i], 1e-6);
      }
      // Every column of B' is a combination of deltas: B' (A' A'^T) = delta A'^T, to the precision,
      // which holds where columns are scaled.
      double[] rows = columnsScaled(sealed, f.exponents());
      double[] columns = transpose(rows, split.rank(), in);
      double[] gramOfRows = multiply(rows, columns, split.rank(), in, split.rank());
      double[] left = multiply(basis, gramOfRows, out, split.rank(), split.rank());
      double[] right =
          multiply(columnsScaled(delta, f.exponents()), columns, out, in, split.rank());
      assertTrue(norm(subtract(left, right)) <= 1e-3 * norm(right));
    }
  }

  @Test
  void rowsAreIntegersOfTheStatedSize() throws IOException {
    double[] norm =
        IntStream.range(0, 48).mapToDouble(j -> Math.exp(3 * random.nextGaussian())).toArray();
    try (Fixture f = new Fixture(64, 48, 8, lowRank(64, 8, 8), lowRank(8, 48, 8), norm)) {
      SplitModule split = f.split(seedBytes());
      double[] sealed = dequantised(split, f.exponents());
      long largest = 0;
      for (int k = 0; k < 8; k++) {
        double squares = 0;
        double dequantised = 0;
        long sum = 0;
        for (int j = 0; j < 48; j++) {
          squares += Math.pow(split.weights()[k * 48 + j], 2);
          dequantised += Math.pow(sealed[k * 48 + j], 2);
          sum += Math.abs(split.weights()[k * 48 + j]);
        }
        largest = Math.max(largest, sum);
        assertEquals(8192, Math.sqrt(squares / 48), 1);
        assertEquals(Math.sqrt(dequantised), split.rowNorms()[k], 1e-9 * split.rowNorms()[k]);
      }
      assertEquals(largest, split.largestRowSum());
    }
  }

  @Test
  void twoSplitsDifferAndOneSeedRepeats() throws IOException {
    try (Fixture f = new Fixture(64, 48, 8, lowRank(64, 8, 8), lowRank(8, 48, 8), ones(48))) {
      byte[] first = seedBytes();
      SplitModule a = f.split(first);
      SplitModule again = f.split(first);
      SplitModule other = f.split(seedBytes());
      assertArrayEquals(a.weights(), again.weights());
      assertArrayEquals(a.basis(), again.basis());
      assertFalse(Arrays.equals(a.weights(), other.weights()));
      // Not only another order or other signs: no column of one basis is a column of the other.
      for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 8; k++) {
          double dot = 0;
          for (int row = 0; row < 64; row++) {
            dot += a.basis()[row * 8 + i] * other.basis()[row * 8 + k];
          }
          assertTrue(Math.abs(dot) < 0.9999, "columns " + i + " and " + k);
        }
      }
    }
  }

  /** E[g] = 0 and E[g²] = 1/n for every entry of a Haar matrix; 5 sigma of 4000 samples. */
  @Test
  void rotationsAreSpreadOverTheOrthogonalGroup() {
    int n = 4;
    int samples = 4000;
    double[] mean = new double[n * n];
    double[] square = new double[n * n];
    for (int i = 0; i < samples; i++) {
      double[] g = HaarRotation.sample(n, new SeedStream(seedBytes(), "r")).data;
      double[] gram = multiply(transpose(g, n, n), g, n, n, n);
      for (int e = 0; e < n * n; e++) {
        assertEquals(e % (n + 1) == 0 ? 1 : 0, gram[e], 1e-12);
        mean[e] += g[e] / samples;
        square[e] += g[e] * g[e] / samples;
      }
    }
    for (int e = 0; e < n * n; e++) {
      assertEquals(0, mean[e], 5 * 0.5 / Math.sqrt(samples));
      assertEquals(0.25, square[e], 5 * 0.25 / Math.sqrt(samples));
    }
  }

  @Test
  void untrainedModuleHasRankZero() throws IOException {
    try (Fixture f = new Fixture(8, 6, 2, new double[16], lowRank(2, 6, 2), ones(6))) {
      assertEquals(0, f.split(seedBytes()).rank());
    }
  }

  @Test
  void deadComponentsOfTheAdapterAreDropped() throws IOException {
    double[] b = lowRank(8, 4, 4);
    double[] a = lowRank(4, 6, 4);
    for (int i = 0; i < 8; i++) {
      b[i * 4] = 0;
    }
    Arrays.fill(a, 12, 18, 0);
    try (Fixture f = new Fixture(8, 6, 4, b, a, ones(6))) {
      SplitModule split = f.split(seedBytes());
      assertEquals(2, split.rank());
      double[] delta = scaled(multiply(b, a, 8, 4, 6), f.module().scaling());
      double[] product = multiply(doubles(split.basis()), dequantised(split, new byte[6]), 8, 2, 6);
      assertTrue(norm(subtract(product, delta)) <= 6.11e-5 * norm(delta));
    }
  }

  @Test
  void valuesThatAreNoNumbersAreRefused() throws IOException {
    double[] a = lowRank(2, 6, 2);
    a[7] = Double.NaN;
    try (Fixture f = new Fixture(8, 6, 2, lowRank(8, 2, 2), a, ones(6))) {
      FormatException e = assertThrows(FormatException.class, () -> f.split(seedBytes()));
      assertEquals("peft.not_finite", e.code());
    }
  }

  @Test
  void exponentsFollowTheNormBeforeTheProjection() {
    assertArrayEquals(
        new byte[] {0, 0, 3, -2, 0, 60, -60},
        ColumnExponents.ofMagnitudes(new double[] {1, -1, 8, 0.25, 0, 0x1p100, 0x1p-100}));
    assertArrayEquals(new byte[3], ColumnExponents.ofMagnitudes(new double[3]));
  }

  @Test
  void probesHaveExactAnswers() throws IOException {
    try (Fixture f = new Fixture(64, 48, 8, lowRank(64, 8, 8), lowRank(8, 48, 8), ones(48))) {
      SplitModule split = f.split(seedBytes());
      byte[] seed = seedBytes();
      byte[] x = ProbeVectors.vector(seed, "model.layers.0.qkv", 3, 48);
      assertArrayEquals(x, ProbeVectors.vector(seed, "model.layers.0.qkv", 3, 48));
      assertFalse(Arrays.equals(x, ProbeVectors.vector(seed, "model.layers.0.qkv", 4, 48)));
      assertFalse(Arrays.equals(x, ProbeVectors.vector(seed, "model.layers.1.qkv", 3, 48)));
      long[] answers = ProbeVectors.answers(split, x);
      for (int k = 0; k < 8; k++) {
        BigInteger sum = BigInteger.ZERO;
        for (int j = 0; j < 48; j++) {
          sum =
              sum.add(
                  BigInteger.valueOf(split.weights()[k * 48 + j])
                      .multiply(BigInteger.valueOf(x[j])));
        }
        assertEquals(sum.longValueExact(), answers[k]);
      }
    }
  }

  @Test
  void weightsDoNotAppearInText() throws IOException {
    try (Fixture f = new Fixture(8, 6, 2, lowRank(8, 2, 2), lowRank(2, 6, 2), ones(6))) {
      assertEquals("SplitModule[out=8, in=6, rank=2]", f.split(seedBytes()).toString());
    }
  }

  private byte[] seedBytes() {
    byte[] bytes = new byte[32];
    random.nextBytes(bytes);
    return bytes;
  }

  private static double[] ones(int n) {
    double[] ones = new double[n];
    Arrays.fill(ones, 1);
    return ones;
  }

  private double[] lowRank(int rows, int columns, int rank) {
    int k = Math.min(rank, Math.min(rows, columns));
    double[] left = random.doubles((long) rows * k, -1, 1).map(v -> (float) v).toArray();
    double[] right = random.doubles((long) k * columns, -1, 1).map(v -> (float) v).toArray();
    if (k == Math.min(rows, columns)) {
      return random.doubles((long) rows * columns, -1, 1).map(v -> (float) v).toArray();
    }
    // Small integers: the product is exact in float32, so its rank is exactly k.
    for (double[] side : new double[][] {left, right}) {
      for (int i = 0; i < side.length; i++) {
        side[i] = Math.rint(side[i] * 8);
      }
    }
    return multiply(left, right, rows, k, columns);
  }

  private static double[] dequantised(SplitModule split, byte[] exponents) {
    double[] rows = new double[split.weights().length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] =
          Math.scalb(
              split.weights()[i] * split.rowScales()[i / split.in()], -exponents[i % split.in()]);
    }
    return rows;
  }

  private static double[] multiply(double[] l, double[] r, int rows, int inner, int columns) {
    double[] out = new double[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < inner; k++) {
        for (int j = 0; j < columns; j++) {
          out[i * columns + j] += l[i * inner + k] * r[k * columns + j];
        }
      }
    }
    return out;
  }

  private static double[] transpose(double[] m, int rows, int columns) {
    double[] out = new double[m.length];
    for (int i = 0; i < m.length; i++) {
      out[(i % columns) * rows + i / columns] = m[i];
    }
    return out;
  }

  private static double[] scaled(double[] m, double by) {
    return Arrays.stream(m).map(v -> v * by).toArray();
  }

  private static double[] subtract(double[] l, double[] r) {
    return IntStream.range(0, l.length).mapToDouble(i -> l[i] - r[i]).toArray();
  }

  private static double norm(double[] m) {
    return Math.sqrt(Arrays.stream(m).map(v -> v * v).sum());
  }

  private static double[] columnsScaled(double[] m, byte[] exponents) {
    return IntStream.range(0, m.length)
        .mapToDouble(i -> Math.scalb(m[i], exponents[i % exponents.length]))
        .toArray();
  }

  private static double weightedNorm(double[] m, byte[] exponents) {
    return norm(columnsScaled(m, exponents));
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  /** A base of one projection and one norm, and an adapter of it. */
  private final class Fixture implements AutoCloseable {
    private final Checkpoint base;
    private final PeftDirectory adapter;

    Fixture(int out, int in, int r, double[] b, double[] a, double[] norm) throws IOException {
      Path model = Files.createDirectory(directory.resolve("base"));
      SafetensorsWriter.write(
          model.resolve("model.safetensors"),
          Map.of(),
          List.of(
              entry("model.layers.0.input_layernorm.weight", norm, in),
              entry(MODULE + ".weight", new double[out * in], out, in)));
      Path peft = Files.createDirectory(directory.resolve("peft"));
      Files.writeString(
          peft.resolve("adapter_config.json"),
          "{\"peft_type\":\"LORA\",\"r\":"
              + r
              + ",\"lora_alpha\":13,\"use_rslora\":true,\"target_modules\":[\"q_proj\"]}");
      SafetensorsWriter.write(
          peft.resolve("adapter_model.safetensors"),
          Map.of(),
          List.of(
              entry("base_model.model." + MODULE + ".lora_A.weight", a, r, in),
              entry("base_model.model." + MODULE + ".lora_B.weight", b, out, r)));
      base = Checkpoint.open(model);
      adapter = PeftDirectory.open(peft, BaseProjections.of(base));
    }

    private static SafetensorsWriter.Entry entry(String name, double[] values, long... shape) {
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) values[i];
      }
      return SafetensorsWriter.Entry.ofFloats(name, Arrays.stream(shape).boxed().toList(), floats);
    }

    LoraModule module() {
      return adapter.adapter().modules().get(0);
    }

    SplitModule split(byte[] seed) {
      try (OwnerSplit split = new OwnerSplit(adapter, base, seed)) {
        assertEquals(split.split(module()).rank(), split.rank(module()));
        return split.split(module());
      }
    }

    byte[] exponents() {
      try (OwnerSplit split = new OwnerSplit(adapter, base, new byte[32])) {
        return split.columnExponents(module().target(), module().in());
      }
    }

    @Override
    public void close() {
      adapter.close();
      base.close();
    }
  }
}
