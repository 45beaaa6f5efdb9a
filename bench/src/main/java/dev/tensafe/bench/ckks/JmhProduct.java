package dev.tensafe.bench.ckks;

import dev.tensafe.bench.BenchException;
import dev.tensafe.nativelib.ckks.InputShape;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * One whole product through the binding, timed by JMH in a process of its own.
 *
 * @param fromPoolMicros median of a batch in µs, the refill not timed
 * @param allInMicros median of a batch in µs, the refill timed
 */
public record JmhProduct(double fromPoolMicros, double allInMicros) {
  /**
   * Runs {@link ProductBenchmark}.
   *
   * @param rows of the matrix
   * @param seconds of measurement, after as much warm-up
   * @throws BenchException {@code bench.ckks} when JMH fails
   */
  public static JmhProduct measure(InputShape shape, int rows, int seconds) {
    List<Integer> sizes =
        List.of(
            shape.tokens(),
            shape.columns(),
            rows,
            shape.packing().tokens(),
            shape.packing().outputs());
    String parameter = String.join(",", sizes.stream().map(String::valueOf).toList());
    OptionsBuilder options = new OptionsBuilder();
    options
        .include(ProductBenchmark.class.getName().replace(".", "\\.") + "\\..*")
        .param("shape", parameter)
        .forks(1)
        .warmupIterations(1)
        .warmupTime(TimeValue.seconds(seconds))
        .measurementIterations(1)
        .measurementTime(TimeValue.seconds(seconds))
        .verbosity(VerboseMode.SILENT);
    try {
      Collection<RunResult> results = new Runner(options.build()).run();
      double pool = median(results, ".fromPool");
      double allIn = median(results, ".allIn");
      if (pool == 0 || allIn == 0) {
        throw new BenchException("bench.ckks", "JMH gave no result for " + parameter, null);
      }
      return new JmhProduct(pool, allIn);
    } catch (RunnerException e) {
      throw new BenchException("bench.ckks", "JMH failed: " + e.getMessage(), e);
    }
  }

  private static double median(Collection<RunResult> results, String ending) {
    return results.stream()
        .filter(result -> result.getParams().getBenchmark().endsWith(ending))
        .mapToDouble(result -> result.getPrimaryResult().getStatistics().getPercentile(50))
        .findFirst()
        .orElse(0);
  }
}
