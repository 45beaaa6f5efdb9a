package dev.tensafe.server.status;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What one tenant has used since start. Thread-safe. */
public final class TenantUse {
  private final LongAdder requests = new LongAdder();
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder cachedTokens = new LongAdder();
  private final LongAdder generatedTokens = new LongAdder();
  private final AtomicLong lastMillis = new AtomicLong();

  void touch(long nowMillis) {
    lastMillis.accumulateAndGet(nowMillis, Math::max);
  }

  void request() {
    requests.increment();
  }

  void scheduled(int prompt, int cached) {
    promptTokens.add(prompt);
    cachedTokens.add(cached);
  }

  void generated(int tokens) {
    generatedTokens.add(tokens);
  }

  /** Requests for outputs. */
  public long requests() {
    return requests.sum();
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

  /** When its key was last accepted, milliseconds since 1970; 0 for never. */
  public long lastMillis() {
    return lastMillis.get();
  }
}
