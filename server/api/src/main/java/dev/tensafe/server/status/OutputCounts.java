package dev.tensafe.server.status;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** Tokens, ends and times of all outputs since start. Thread-safe. */
public final class OutputCounts {
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder cachedTokens = new LongAdder();
  private final LongAdder generatedTokens = new LongAdder();
  private final Map<End, LongAdder> ends = new TreeMap<>();
  private final DurationCounts queue = new DurationCounts();
  private final DurationCounts firstToken = new DurationCounts();
  private final DurationCounts nextToken = new DurationCounts();
  private final DurationCounts whole = new DurationCounts();

  /** How outputs end. */
  enum End {
    STOP,
    LENGTH,
    CANCELLED,
    FAILED
  }

  OutputCounts() {
    for (End end : End.values()) {
      ends.put(end, new LongAdder());
    }
  }

  void scheduled(int prompt, int cached) {
    promptTokens.add(prompt);
    cachedTokens.add(cached);
  }

  void generated(int tokens) {
    generatedTokens.add(tokens);
  }

  void ended(End end) {
    LongAdder count = ends.get(end);
    if (count != null) {
      count.increment();
    }
  }

  /** Of outputs that began; of them, {@link #cachedTokens} were in the cache. */
  public long promptTokens() {
    return promptTokens.sum();
  }

  public long cachedTokens() {
    return cachedTokens.sum();
  }

  public long generatedTokens() {
    return generatedTokens.sum();
  }

  /** Outputs by how they ended. */
  public Map<String, Long> ends() {
    Map<String, Long> out = new TreeMap<>();
    ends.forEach((end, count) -> out.put(end.name().toLowerCase(Locale.ROOT), count.sum()));
    return out;
  }

  /** From submission until it first runs. */
  public DurationCounts queue() {
    return queue;
  }

  /** From submission to the first token. */
  public DurationCounts firstToken() {
    return firstToken;
  }

  /** Between two tokens. */
  public DurationCounts nextToken() {
    return nextToken;
  }

  /** From submission to the end of an output that is complete. */
  public DurationCounts whole() {
    return whole;
  }
}
