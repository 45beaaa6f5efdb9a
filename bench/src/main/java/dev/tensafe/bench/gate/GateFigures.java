package dev.tensafe.bench.gate;

import dev.tensafe.bench.Machine;
import dev.tensafe.bench.ckks.JmhProduct;
import dev.tensafe.nativelib.KernelLevel;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import dev.tensafe.nativelib.ckks.Primitive;
import dev.tensafe.nativelib.ckks.ProductTimes;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Measures what the gate compares: CKKS primitives and whole products in native code, whole
 * products through the binding by JMH, and steps of the native executor. Others' load only ever
 * adds time, so of several rounds the least counts.
 */
public final class GateFigures {
  private static final int ROWS = 16;

  /** Packings are fixed: the planner's choice may differ from run to run. */
  private static final List<InputShape> PRODUCTS =
      List.of(
          new InputShape(1, 512, new Packing(1, 8)),
          new InputShape(8, 512, new Packing(8, 4)),
          new InputShape(8, 4096, new Packing(8, 1)));

  private final int rounds;
  private final int repetitions;
  private final int jmhSeconds;

  /**
   * @param rounds of which the least figure counts
   * @param repetitions samples of a native figure, of which the median counts
   * @param jmhSeconds of measurement for each product, after as much warm-up
   */
  public GateFigures(int rounds, int repetitions, int jmhSeconds) {
    this.rounds = rounds;
    this.repetitions = repetitions;
    this.jmhSeconds = jmhSeconds;
  }

  /** Runs everything. */
  public BenchRun measure() {
    Map<String, Double> least = new TreeMap<>();
    try (CkksContext context = CkksContext.open(CkksParameters.FAST);
        GateSteps steps = GateSteps.open()) {
      for (int round = 0; round < rounds; round++) {
        round(context).forEach((name, nanos) -> least.merge(name, nanos, Math::min));
        steps.round(repetitions).forEach((name, nanos) -> least.merge(name, nanos, Math::min));
      }
    }
    return new BenchRun(
        Machine.processor(),
        Machine.processors(),
        KernelLevel.description(),
        System.getProperty("java.version"),
        least);
  }

  private Map<String, Double> round(CkksContext context) {
    Map<String, Double> nanos = new TreeMap<>();
    for (Primitive primitive : Primitive.values()) {
      nanos.put("native " + primitive, 1e9 * context.measure(primitive, repetitions));
    }
    for (InputShape shape : PRODUCTS) {
      String name = " product d=" + shape.columns() + " m=" + shape.tokens();
      ProductTimes times = context.measureProduct(shape, ROWS, 10 * repetitions);
      nanos.put("native" + name + " from pool", 1e9 * times.fromPool());
      nanos.put("native" + name + " all-in", 1e9 * times.allIn());
      JmhProduct jmh = JmhProduct.measure(shape, ROWS, jmhSeconds);
      nanos.put("jmh" + name + " from pool", 1e3 * jmh.fromPoolMicros());
      nanos.put("jmh" + name + " all-in", 1e3 * jmh.allInMicros());
    }
    return nanos;
  }
}
