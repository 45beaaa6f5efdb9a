package dev.tensafe.bench.gate;

import dev.tensafe.bench.BenchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Compares two runs figure by figure. A ratio is new time by stored time: above 1 is slower.
 *
 * @param maxRatio the largest ratio that passes
 */
public record Gate(double maxRatio) {
  public Gate {
    if (!(maxRatio >= 1)) {
      throw new IllegalArgumentException("a largest ratio is at least 1, not " + maxRatio);
    }
  }

  /** A figure of both runs, in ns. */
  public record Comparison(String figure, double stored, double now) {
    /** New time by stored time. */
    public double ratio() {
      return now / stored;
    }
  }

  /**
   * All figures in the order of their names.
   *
   * @throws BenchException {@code bench.other_machine} when the runs are of different processors or
   *     kernels, so that a ratio would say nothing of the code; {@code bench.other_figures} when
   *     one run has a figure that the other has not
   */
  public List<Comparison> compare(BenchRun stored, BenchRun now) {
    same("processor", stored.processor(), now.processor());
    same("number of processors", stored.processors(), now.processors());
    same("kernels", stored.kernels(), now.kernels());
    TreeSet<String> odd = new TreeSet<>(stored.nanos().keySet());
    odd.addAll(now.nanos().keySet());
    odd.removeIf(name -> stored.nanos().containsKey(name) && now.nanos().containsKey(name));
    if (!odd.isEmpty()) {
      throw new BenchException(
          "bench.other_figures",
          "the runs differ in these figures: " + String.join("; ", odd) + "; record a new run",
          null);
    }
    List<Comparison> all = new ArrayList<>();
    for (Map.Entry<String, Double> figure : stored.nanos().entrySet()) {
      Double measured = now.nanos().get(figure.getKey());
      if (measured != null) {
        all.add(new Comparison(figure.getKey(), figure.getValue(), measured));
      }
    }
    return all;
  }

  private static void same(String what, Object stored, Object now) {
    if (!stored.equals(now)) {
      throw new BenchException(
          "bench.other_machine",
          "the stored run is of another "
              + what
              + " ("
              + stored
              + ", here "
              + now
              + "): record one on this machine",
          null);
    }
  }

  /** Whether a figure is no slower than allowed. */
  public boolean passes(Comparison comparison) {
    return comparison.ratio() <= maxRatio;
  }
}
