package dev.tensafe.training.run;

import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.torch.TrainableModel;
import java.util.List;

/**
 * The loss of a model on a data set.
 *
 * @param nats mean negative log-likelihood of the scored tokens
 * @param tokens scored
 */
public record Loss(double nats, long tokens) {
  /** Of all micro-batches together. */
  public static Loss of(TrainableModel model, List<MicroBatch> batches) {
    double sum = 0;
    long tokens = 0;
    for (MicroBatch batch : batches) {
      sum += model.loss(batch);
      tokens += batch.scored();
    }
    return new Loss(sum / tokens, tokens);
  }

  /** e to the mean loss. */
  public double perplexity() {
    return Math.exp(nats);
  }
}
