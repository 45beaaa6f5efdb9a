package dev.tensafe.bench.ckks;

import dev.tensafe.bench.Machine;
import dev.tensafe.nativelib.KernelLevel;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.CostModel;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import dev.tensafe.nativelib.ckks.Primitive;
import dev.tensafe.nativelib.ckks.ProductTimes;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * {@code tensafe bench ckks}: primitives timed in native code, whole products timed there by stage
 * and through the binding by JMH, each beside its target. Targets are for a core with AVX-512 IFMA.
 */
public final class CkksBench {
  private static final int ROWS = 16;

  /** Products of one side of a pair. */
  private static final int PAIR_SAMPLES = 21;

  /** A figure of one primitive and its target in the same unit. */
  private record PrimitiveRow(String name, Primitive primitive, double target, boolean rate) {}

  private static final List<PrimitiveRow> PRIMITIVES =
      List.of(
          new PrimitiveRow("forward NTT, µs", Primitive.FORWARD_TRANSFORM, 3.2, false),
          new PrimitiveRow("inverse NTT, µs", Primitive.INVERSE_TRANSFORM, 0, false),
          new PrimitiveRow("pointwise product, µs", Primitive.POINTWISE_MULTIPLY, 0, false),
          new PrimitiveRow("uniform polynomial, µs", Primitive.UNIFORM, 0, false),
          new PrimitiveRow("Gaussian polynomial, µs", Primitive.GAUSSIAN, 0, false),
          new PrimitiveRow("seeded encryption, µs per ciphertext", Primitive.ENCRYPT, 7, false),
          new PrimitiveRow("receiving, µs per ciphertext", Primitive.RECEIVE, 0, false),
          new PrimitiveRow("multiply-accumulate, T ≥ 8, G/s", Primitive.ACCUMULATE_SHARED, 8, true),
          new PrimitiveRow(
              "multiply-accumulate, T = 1, G/s", Primitive.ACCUMULATE_DISTINCT, 8, true),
          new PrimitiveRow("re-randomisation, µs per answer", Primitive.ZERO_ENCRYPTION, 15, false),
          new PrimitiveRow("answering from the pool, µs per answer", Primitive.ANSWER, 0, false),
          new PrimitiveRow("decryption, µs per answer", Primitive.DECRYPT, 4, false));

  /** A batch and its targets in µs per token; 0 where there is none. */
  private record ProductRow(int columns, int tokens, double pool, double allIn) {}

  private static final List<ProductRow> PRODUCTS =
      List.of(
          new ProductRow(512, 1, 40, 80),
          new ProductRow(512, 8, 15, 28),
          new ProductRow(512, 64, 12, 16),
          new ProductRow(1024, 1, 55, 0),
          new ProductRow(1024, 8, 25, 0),
          new ProductRow(4096, 1, 120, 200),
          new ProductRow(4096, 8, 80, 125),
          new ProductRow(4096, 64, 0, 95));

  private final PrintWriter out;
  private final int repetitions;
  private final int seconds;

  /**
   * @param repetitions samples of every native figure
   * @param seconds of measurement that JMH spends on every product, after as much warm-up
   */
  public CkksBench(PrintWriter out, int repetitions, int seconds) {
    this.out = out;
    this.repetitions = repetitions;
    this.seconds = seconds;
  }

  public void run() {
    try (CkksContext fast = CkksContext.open(CkksParameters.FAST);
        CkksContext strict = CkksContext.open(CkksParameters.STRICT)) {
      out.printf("machine: %s, %d processors%n", Machine.processor(), Machine.processors());
      out.printf("%s%n", KernelLevel.description());
      out.printf("java %s%n%n", System.getProperty("java.version"));
      primitives(fast, strict);
      products(fast);
    }
    out.flush();
  }

  private void primitives(CkksContext fast, CkksContext strict) {
    out.println(
        "| primitive | fast, N = 2048 | target (AVX-512 IFMA) | ratio | strict, N = 4096 |");
    out.println("|---|---|---|---|---|");
    for (PrimitiveRow row : PRIMITIVES) {
      double measured = figure(row, fast);
      out.printf(
          Locale.ROOT,
          "| %s | %.2f | %s | %s | %.2f |%n",
          row.name(),
          measured,
          row.target() == 0 ? "" : (row.rate() ? "≥ " : "≤ ") + row.target(),
          row.target() == 0 ? "" : String.format(Locale.ROOT, "%.2f", measured / row.target()),
          figure(row, strict));
      out.flush();
    }
    out.println();
  }

  private double figure(PrimitiveRow row, CkksContext context) {
    double time = context.measure(row.primitive(), repetitions);
    return row.rate() ? 1e-9 / time : 1e6 * time;
  }

  private void products(CkksContext context) {
    PackingPlanner planner =
        new PackingPlanner(context.parameters(), CostModel.measure(context, repetitions));
    out.printf("A'x with r' = %d, both parties, µs per token; packing by the planner%n%n", ROWS);
    out.println(
        "| d | m | T | S | refill | encrypt | receive | evaluate | decrypt | pool, native"
            + " | all-in, native | pool, JMH | target | all-in, JMH | target"
            + " | bytes up | bytes down |");
    out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for (ProductRow row : PRODUCTS) {
      product(context, planner, row);
    }
    binding(context, planner);
  }

  /** The cost of the binding per call: pairs of native and Java runs, one right after the other. */
  private void binding(CkksContext context, PackingPlanner planner) {
    int m = 8;
    int columns = 512;
    InputShape shape = new InputShape(m, columns, planner.plan(m, columns, ROWS).packing());
    double[] ratios = new double[repetitions];
    try (EncryptedSession session = new EncryptedSession(context, shape, ROWS)) {
      for (int i = 0; i < ratios.length; i++) {
        double nativeSeconds = context.measureProduct(shape, ROWS, PAIR_SAMPLES).allIn();
        ratios[i] = javaSeconds(session) / nativeSeconds;
      }
    }
    Arrays.sort(ratios);
    out.printf(
        Locale.ROOT,
        "%nbinding at d=%d, m=%d, all-in: median of %d pairs %+.2f %% (target ≤ 2 %%),"
            + " quartiles %+.2f %% and %+.2f %%%n",
        columns,
        m,
        ratios.length,
        100 * (ratios[ratios.length / 2] - 1),
        100 * (ratios[ratios.length / 4] - 1),
        100 * (ratios[3 * ratios.length / 4] - 1));
  }

  private static double javaSeconds(EncryptedSession session) {
    double[] samples = new double[PAIR_SAMPLES];
    for (int i = 0; i < samples.length; i++) {
      long start = System.nanoTime();
      session.refill();
      session.product();
      samples[i] = 1e-9 * (System.nanoTime() - start);
    }
    Arrays.sort(samples);
    return samples[samples.length / 2];
  }

  private void product(CkksContext context, PackingPlanner planner, ProductRow row) {
    int m = row.tokens();
    InputShape shape =
        new InputShape(m, row.columns(), planner.plan(m, row.columns(), ROWS).packing());
    ProductTimes times = context.measureProduct(shape, ROWS, 10 * repetitions / Math.max(1, m / 8));
    JmhProduct jmh = JmhProduct.measure(shape, ROWS, seconds);
    double unit = 1e6 / m;
    List<String> cells = new ArrayList<>();
    cells.add(Integer.toString(row.columns()));
    cells.add(Integer.toString(m));
    cells.add(Integer.toString(shape.packing().tokens()));
    cells.add(Integer.toString(shape.packing().outputs()));
    for (double stage :
        new double[] {
          times.refill(),
          times.encrypt(),
          times.receive(),
          times.evaluate(),
          times.decrypt(),
          times.fromPool(),
          times.allIn()
        }) {
      cells.add(microseconds(stage * unit));
    }
    cells.add(microseconds(jmh.fromPoolMicros() / m));
    cells.add(target(row.pool()));
    cells.add(microseconds(jmh.allInMicros() / m));
    cells.add(target(row.allIn()));
    cells.add(Long.toString(SecretKey.inputMessageBytes(context, shape) / m));
    cells.add(
        Long.toString(
            ReceivedInputs.answerMessageBytes(context, new AnswerShape(m, ROWS, shape.packing()))
                / m));
    out.println("| " + String.join(" | ", cells) + " |");
    out.flush();
  }

  private static String microseconds(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String target(double value) {
    return value == 0 ? "" : "≤ " + Math.round(value);
  }
}
