package dev.tensafe.batching.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.batching.EngineException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds the prompt tokens that wait for their first step. When they are at their limit, a flow
 * that has none waiting may still add one submission, so that no flow can lock others out; all
 * together may not go beyond twice the limit that way. Thread-safe.
 */
final class AdmissionQueue {
  private final int limit;

  @GuardedBy("this")
  private final Map<String, Long> byFlow = new HashMap<>();

  @GuardedBy("this")
  private long tokens;

  AdmissionQueue(int limit) {
    this.limit = limit;
  }

  /**
   * Adds outputs that are submitted together, or none of them. Alone, a submission of any size may
   * wait.
   *
   * @throws EngineException {@code engine.queue_full}
   */
  synchronized void enter(List<GenerationRequest> requests) {
    long added = requests.stream().mapToLong(r -> r.promptTokens().length).sum();
    boolean first = true;
    for (GenerationRequest request : requests) {
      first &= !byFlow.containsKey(request.flow());
    }
    long bound = first ? 2L * limit : limit;
    if (tokens > 0 && tokens + added > bound) {
      throw new EngineException(
          EngineException.Kind.OVERLOADED,
          "engine.queue_full",
          tokens + " prompt tokens wait already; at most " + limit + " may");
    }
    tokens += added;
    for (GenerationRequest request : requests) {
      byFlow.merge(request.flow(), (long) request.promptTokens().length, Long::sum);
    }
  }

  /** An output waits no longer. */
  synchronized void left(String flow, int promptTokens) {
    tokens -= promptTokens;
    byFlow.computeIfPresent(
        flow, (f, waiting) -> waiting == promptTokens ? null : waiting - promptTokens);
  }

  synchronized long tokens() {
    return tokens;
  }
}
