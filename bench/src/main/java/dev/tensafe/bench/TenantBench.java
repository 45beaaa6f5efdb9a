package dev.tensafe.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Two tenants on one server, each with clients in a closed loop: one alone, the other alone, both.
 * What each gets is read off the answers and off {@code tensafe_tenant_seconds_total}.
 */
public final class TenantBench {
  private static final Pattern SECONDS =
      Pattern.compile("(?m)^tensafe_tenant_seconds_total\\{tenant=\"([^\"]*)\"\\} (\\S+)$");

  private final PrintWriter out;
  private final Settings settings;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicLong seed = new AtomicLong(1);

  /**
   * One tenant.
   *
   * @param name of its API key
   * @param load what each of its clients sends; {@link LoadSpec#concurrency} clients
   */
  public record Party(String name, LoadSpec load) {}

  /**
   * The run.
   *
   * @param metricsKey an API key that may read metrics, empty for none
   * @param warmupSeconds before each measurement
   * @param seconds of each measurement
   */
  public record Settings(
      Party first, Party second, String metricsKey, double warmupSeconds, double seconds) {
    /** Without the keys. */
    @Override
    public String toString() {
      return "Settings[" + first.name() + ", " + second.name() + "]";
    }
  }

  public TenantBench(PrintWriter out, Settings settings) {
    this.out = out;
    this.settings = settings;
  }

  /**
   * Runs to the end and prints a table.
   *
   * @throws BenchException {@code bench.unreachable} when requests fail
   */
  public void run() {
    out.printf("%s, %d cores%n%n", Machine.processor(), Machine.processors());
    out.println(
        "| tenants | tenant | tok/s | TTFT p50 ms | ITL p50 ms | ITL p99 ms | engine s"
            + " | share of time |");
    out.println("|---|---|---|---|---|---|---|---|");
    measure(List.of(settings.first()));
    measure(List.of(settings.second()));
    measure(List.of(settings.first(), settings.second()));
    out.flush();
  }

  private void measure(List<Party> parties) {
    try {
      List<Clients> all = new ArrayList<>();
      for (Party party : parties) {
        all.add(new Clients(party));
      }
      sleep(settings.warmupSeconds());
      Map<String, Double> before = seconds();
      long start = System.nanoTime();
      sleep(settings.seconds());
      long end = System.nanoTime();
      Map<String, Double> after = seconds();
      for (Clients clients : all) {
        clients.stop();
      }
      double total = 0;
      for (String name : after.keySet()) {
        total += had(before, after, name);
      }
      for (Clients clients : all) {
        clients.print(parties.size(), start, end, had(before, after, clients.party.name()), total);
      }
      out.flush();
    } catch (IOException | InterruptedException e) {
      throw new BenchException("bench.unreachable", "the server gave no answer", e);
    }
  }

  private static double had(Map<String, Double> before, Map<String, Double> after, String name) {
    return after.getOrDefault(name, 0.0) - before.getOrDefault(name, 0.0);
  }

  private static void sleep(double seconds) throws InterruptedException {
    Thread.sleep((long) (seconds * 1000));
  }

  private Map<String, Double> seconds() throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(settings.first().load().url().resolve("/metrics"));
    if (!settings.metricsKey().isEmpty()) {
      request.header("Authorization", "Bearer " + settings.metricsKey());
    }
    HttpResponse<String> response =
        http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("/metrics answers " + response.statusCode());
    }
    Map<String, Double> out = new LinkedHashMap<>();
    Matcher lines = SECONDS.matcher(response.body());
    while (lines.find()) {
      out.put(lines.group(1), Double.parseDouble(lines.group(2)));
    }
    return out;
  }

  /** The clients of one tenant, until they are stopped. */
  private final class Clients {
    final Party party;
    private final StreamClient client;
    private final List<Thread> threads = new ArrayList<>();
    private final List<StreamClient.Outcome> outcomes = new ArrayList<>();
    private final List<Long> begun = new ArrayList<>();
    private volatile boolean stopped;
    private int failed;

    Clients(Party party) {
      this.party = party;
      this.client = new StreamClient(party.load());
      for (int i = 0; i < party.load().concurrency(); i++) {
        Thread thread = new Thread(this::loop, party.name() + "-" + i);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
      }
    }

    private void loop() {
      try {
        while (!stopped) {
          long start = System.nanoTime();
          try {
            add(start, client.run(seed.getAndIncrement()));
          } catch (IOException e) {
            fail();
            Thread.sleep(100);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private synchronized void add(long start, StreamClient.Outcome outcome) {
      begun.add(start);
      outcomes.add(outcome);
    }

    private synchronized void fail() {
      failed++;
    }

    /** Lets running requests end, so that all of their tokens count. */
    void stop() throws InterruptedException {
      stopped = true;
      for (Thread thread : threads) {
        thread.join();
      }
    }

    synchronized void print(int tenants, long start, long end, double engine, double total) {
      double tokens = 0;
      List<Double> first = new ArrayList<>();
      List<Double> gaps = new ArrayList<>();
      for (int i = 0; i < outcomes.size(); i++) {
        StreamClient.Outcome outcome = outcomes.get(i);
        List<Long> arrivals = outcome.arrivals();
        double each = (double) outcome.outputTokens() / arrivals.size();
        for (int j = 0; j < arrivals.size(); j++) {
          long at = arrivals.get(j);
          if (at - start >= 0 && at - end < 0) {
            tokens += each;
            if (j == 0) {
              first.add((at - begun.get(i)) / 1e6);
            } else {
              gaps.add((at - arrivals.get(j - 1)) / 1e6);
            }
          }
        }
      }
      out.printf(
          Locale.ROOT,
          "| %s | %s | %.1f | %.0f | %.1f | %.1f | %.1f | %.3f |%s%n",
          tenants == 1 ? "one" : "both",
          party.name(),
          tokens / ((end - start) / 1e9),
          percentile(first, 50),
          percentile(gaps, 50),
          percentile(gaps, 99),
          engine,
          engine / total,
          failed == 0 ? "" : " " + failed + " requests failed");
    }
  }

  private static double percentile(List<Double> values, int percent) {
    if (values.isEmpty()) {
      return Double.NaN;
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[Math.min(sorted.length - 1, sorted.length * percent / 100)];
  }
}
