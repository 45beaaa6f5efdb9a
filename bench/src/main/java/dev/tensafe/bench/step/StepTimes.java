package dev.tensafe.bench.step;

import dev.tensafe.nativelib.decoder.NativeDecoder.Operation;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What a step cost.
 *
 * @param nanos of a step from Java and back, the median
 * @param shares of that time by kind of operation
 * @param restNanos of a step in no operation, the median: Java, the crossing to native code and
 *     back, waking the threads
 * @param cpuShare what projections, head and attention have of the process's CPU time, on all
 *     threads, waiting for each other included
 */
public record StepTimes(
    double nanos, Map<Operation, Double> shares, double restNanos, double cpuShare) {
  public StepTimes {
    shares = Collections.unmodifiableMap(new EnumMap<>(shares));
  }

  /** The share of some kinds together. */
  double share(Operation... kinds) {
    double sum = 0;
    for (Operation kind : kinds) {
      sum += shares.getOrDefault(kind, 0.0);
    }
    return sum;
  }

  /** The share of all kinds but these. */
  double shareBeside(Set<Operation> kinds) {
    double sum = 0;
    for (Map.Entry<Operation, Double> kind : shares.entrySet()) {
      sum += kinds.contains(kind.getKey()) ? 0 : kind.getValue();
    }
    return sum;
  }
}
