package dev.tensafe.training.torch;

import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossResult;
import dev.tensafe.training.loss.LossValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Adds up what the parts of a pass give. */
final class PassTally {
  private final List<float[]> logprobs = new ArrayList<>();
  private final Map<String, Double> metrics = new TreeMap<>();
  private double sum;
  private long tokens;
  private int skipped;

  /** Log-probabilities of the next examples. */
  void logprobs(float[][] of) {
    logprobs.addAll(Arrays.asList(of));
  }

  /** Those of all examples so far. */
  float[][] logprobs() {
    return logprobs.toArray(new float[0][]);
  }

  /** A loss that counts, and the examples it is of. */
  void count(Collection<Datum> data, LossValue value) {
    sum += value.sum();
    value.metrics().forEach((name, number) -> metrics.merge(name, number, Double::sum));
    for (Datum datum : data) {
      for (boolean counts : datum.counted()) {
        tokens += counts ? 1 : 0;
      }
    }
  }

  /** Something that was left out. */
  void skip() {
    skipped++;
  }

  LossResult result() {
    metrics.put("loss:sum", sum);
    metrics.put("tokens", (double) tokens);
    return new LossResult(sum, logprobs, metrics, skipped);
  }
}
