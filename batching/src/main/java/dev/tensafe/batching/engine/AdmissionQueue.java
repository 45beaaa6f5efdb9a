package dev.tensafe.batching.engine;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.batching.EngineException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bounds the prompt tokens that wait to be computed. A prompt that is submitted several times at
 * once counts once where it is computed once, and what the cache has of it when it arrives does not
 * count. When they are at their limit, a flow that has none waiting may still add one submission,
 * so that no flow can lock others out; all together may not go beyond twice the limit that way.
 * Thread-safe.
 */
final class AdmissionQueue {
  private final int limit;
  private final boolean prefixes;

  @GuardedBy("this")
  private final Map<String, Long> byFlow = new HashMap<>();

  @GuardedBy("this")
  private long tokens;

  /**
   * @param limit tokens
   * @param prefixes whether prompts that begin alike are computed once
   */
  AdmissionQueue(int limit, boolean prefixes) {
    this.limit = limit;
    this.prefixes = prefixes;
  }

  /**
   * Adds outputs that are submitted together, or none of them. Alone, a submission of any size may
   * wait.
   *
   * @return for each of them the tokens it counts for, at least 1: to be given back to {@link
   *     #left}
   * @throws EngineException {@code engine.queue_full}
   */
  synchronized int[] enter(List<GenerationRequest> requests) {
    int[] counted = new int[requests.size()];
    long added = 0;
    for (int i = 0; i < counted.length; i++) {
      counted[i] = repeats(requests, i) ? 1 : requests.get(i).promptTokens().length;
      added += counted[i];
    }
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
    for (int i = 0; i < counted.length; i++) {
      byFlow.merge(requests.get(i).flow(), (long) counted[i], Long::sum);
    }
    return counted;
  }

  /** Whether a request has the prompt of the one before it, and will find it computed. */
  private boolean repeats(List<GenerationRequest> requests, int index) {
    if (!prefixes || index == 0) {
      return false;
    }
    GenerationRequest request = requests.get(index);
    GenerationRequest before = requests.get(index - 1);
    return !request.scorePrompt()
        && !before.scorePrompt()
        && request.scope().equals(before.scope())
        && Arrays.equals(request.promptTokens(), before.promptTokens());
  }

  /** Tokens of a flow wait no longer: all that an output counts for, or some of it. */
  synchronized void left(String flow, int fewer) {
    tokens -= fewer;
    byFlow.computeIfPresent(flow, (f, waiting) -> waiting == fewer ? null : waiting - fewer);
  }

  synchronized long tokens() {
    return tokens;
  }
}
