package dev.tensafe.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/**
 * What one tenant's flood of large bodies costs another: times to first token of small streamed
 * requests, one after the other, in rounds that alternate between quiet and flooded.
 */
public final class FloodBench {
  private static final long MAX_MICROS = 3_600_000_000L;
  private static final int WARMUPS = 200;

  /**
   * The run.
   *
   * @param neighbour small requests; their number is that of a round
   * @param floodKey the flooding tenant's key, empty for none
   * @param connections of the flood
   * @param bytes of text in each of its bodies
   * @param rounds pairs of a quiet and a flooded one
   */
  public record Settings(
      LoadSpec neighbour, String floodKey, int connections, int bytes, int rounds) {
    /** Without the keys. */
    @Override
    public String toString() {
      return "Settings[" + neighbour + "]";
    }
  }

  private final PrintWriter out;
  private final Settings settings;
  private final StreamClient client;
  private final Histogram quiet = new Histogram(MAX_MICROS, 3);
  private final Histogram flooded = new Histogram(MAX_MICROS, 3);
  private final Map<String, Integer> answers = new TreeMap<>();
  private long seed;

  public FloodBench(PrintWriter out, Settings settings) {
    this.out = out;
    this.settings = settings;
    this.client = new StreamClient(settings.neighbour());
    this.seed = settings.neighbour().seed();
  }

  /**
   * Runs to the end and prints a table.
   *
   * @throws BenchException {@code bench.unreachable} when the neighbour gets no answer
   */
  public void run() {
    requests(new Histogram(MAX_MICROS, 3), WARMUPS);
    // not counted: the server's code for large bodies is compiled in it
    flooded(new TreeMap<>());
    double[] ratios = new double[settings.rounds()];
    for (int i = 0; i < ratios.length; i++) {
      Histogram calm = new Histogram(MAX_MICROS, 3);
      requests(calm, settings.neighbour().requests());
      Histogram full = flooded(answers);
      ratios[i] = p99(full) / p99(calm);
      quiet.add(calm);
      flooded.add(full);
    }
    Arrays.sort(ratios);
    out.printf("%s, %d cores%n%n", Machine.processor(), Machine.processors());
    out.println("| | requests | TTFT p50 ms | p95 ms | p99 ms | max ms |");
    out.println("|---|---|---|---|---|---|");
    row("quiet", quiet);
    row("flooded", flooded);
    out.printf(
        Locale.ROOT,
        "%np99 flooded / quiet: %.2f; of rounds, median: %.2f%nanswers to the flood: %s%n",
        p99(flooded) / p99(quiet),
        ratios[ratios.length / 2],
        answers);
    out.flush();
  }

  private Histogram flooded(Map<String, Integer> answers) {
    Histogram times = new Histogram(MAX_MICROS, 3);
    LoadSpec spec = settings.neighbour();
    try (Flood flood =
        Flood.start(
            spec.url(),
            spec.models().get(0),
            settings.floodKey(),
            settings.connections(),
            settings.bytes())) {
      requests(times, spec.requests());
      flood.answers().forEach((answer, count) -> answers.merge(answer, count, Integer::sum));
    }
    return times;
  }

  private void requests(Histogram times, int count) {
    try {
      for (int i = 0; i < count; i++) {
        long start = System.nanoTime();
        long first = client.run(seed++).arrivals().get(0);
        times.recordValue(Math.min(MAX_MICROS, (first - start) / 1000));
      }
    } catch (IOException | InterruptedException e) {
      throw new BenchException("bench.unreachable", "the neighbour got no answer", e);
    }
  }

  private static double p99(Histogram times) {
    return times.getValueAtPercentile(99);
  }

  private void row(String name, Histogram times) {
    out.printf(
        Locale.ROOT,
        "| %s | %d | %.1f | %.1f | %.1f | %.1f |%n",
        name,
        times.getTotalCount(),
        times.getValueAtPercentile(50) / 1e3,
        times.getValueAtPercentile(95) / 1e3,
        p99(times) / 1e3,
        times.getMaxValue() / 1e3);
  }
}
