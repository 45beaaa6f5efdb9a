package dev.tensafe.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.HdrHistogram.Histogram;

/**
 * The measurements of a run, under the field names of vLLM's {@code bench serve}. Latencies in an
 * open loop count from when a request was due, not from when it could be sent; with several turns
 * the time to the first token is that of those after the first. Thread-safe.
 */
public final class LoadReport {
  private static final long MAX_MICROS = 3_600_000_000L;

  private final LoadSpec spec;
  private final Histogram firstToken = new Histogram(MAX_MICROS, 3);
  private final Histogram perToken = new Histogram(MAX_MICROS, 3);
  private final Histogram interToken = new Histogram(MAX_MICROS, 3);
  private final Histogram endToEnd = new Histogram(MAX_MICROS, 3);
  private int completed;
  private int failed;
  private long inputTokens;
  private long cachedTokens;
  private long outputTokens;
  private double durationSeconds;

  LoadReport(LoadSpec spec) {
    this.spec = spec;
  }

  synchronized void add(int turn, long due, StreamClient.Outcome outcome) {
    completed++;
    inputTokens += outcome.promptTokens();
    cachedTokens += outcome.cachedTokens();
    outputTokens += outcome.outputTokens();
    long first = outcome.arrivals().get(0);
    long last = outcome.arrivals().get(outcome.arrivals().size() - 1);
    if (spec.turns() == 1 || turn > 0) {
      record(firstToken, first - due);
    }
    record(endToEnd, outcome.end() - due);
    if (outcome.outputTokens() > 1) {
      record(perToken, (last - first) / (outcome.outputTokens() - 1));
    }
    for (int i = 1; i < outcome.arrivals().size(); i++) {
      record(interToken, outcome.arrivals().get(i) - outcome.arrivals().get(i - 1));
    }
  }

  synchronized void fail() {
    failed++;
  }

  synchronized void duration(double seconds) {
    durationSeconds = seconds;
  }

  private static void record(Histogram histogram, long nanos) {
    histogram.recordValue(Math.min(MAX_MICROS, Math.max(0, nanos / 1000)));
  }

  /** Requests that did not complete. */
  public synchronized int failed() {
    return failed;
  }

  /** The report as one JSON object. */
  public synchronized ObjectNode json() {
    ObjectNode out = new ObjectMapper().createObjectNode();
    out.put("max_concurrency", spec.concurrency());
    out.put("request_rate", spec.requestRate());
    out.put("duration", durationSeconds);
    out.put("completed", completed);
    out.put("failed", failed);
    out.put("total_input_tokens", inputTokens);
    out.put("total_cached_tokens", cachedTokens);
    out.put("total_output_tokens", outputTokens);
    out.put("request_throughput", completed / durationSeconds);
    out.put("output_throughput", outputTokens / durationSeconds);
    out.put("total_token_throughput", (inputTokens + outputTokens) / durationSeconds);
    put(out, "ttft", firstToken);
    put(out, "tpot", perToken);
    put(out, "itl", interToken);
    put(out, "e2el", endToEnd);
    return out;
  }

  private static void put(ObjectNode out, String name, Histogram histogram) {
    out.put("mean_" + name + "_ms", histogram.getMean() / 1000);
    out.put("median_" + name + "_ms", histogram.getValueAtPercentile(50) / 1000.0);
    out.put("std_" + name + "_ms", histogram.getStdDeviation() / 1000);
    out.put("p99_" + name + "_ms", histogram.getValueAtPercentile(99) / 1000.0);
  }
}
