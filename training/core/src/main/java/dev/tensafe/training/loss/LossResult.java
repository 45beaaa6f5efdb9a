package dev.tensafe.training.loss;

import java.util.List;
import java.util.Map;

/**
 * What one pass over examples gives.
 *
 * @param sum the loss, added up over what was not skipped
 * @param logprobs of each example's target tokens; 0 where there is no target
 * @param metrics {@code loss:sum}, {@code tokens} (positions that counted) and the loss's own
 * @param skipped groups of examples (under a bound of gradients: examples) that were left out
 *     because their loss or gradient is no finite number
 */
public record LossResult(
    double sum, List<float[]> logprobs, Map<String, Double> metrics, int skipped) {
  public LossResult {
    logprobs = List.copyOf(logprobs);
    metrics = Map.copyOf(metrics);
  }

  @Override
  public String toString() {
    return "LossResult[" + metrics + ", " + logprobs.size() + " examples, " + skipped + " skipped]";
  }
}
