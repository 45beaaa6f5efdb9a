package dev.tensafe.bench.quality;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.SequenceInput.LogitRows;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a model says of each predicted token of a text, in order. The arrays are not changed.
 *
 * @param logProbs natural logarithm of the probability of the token that follows
 * @param likeliest the token that the model holds most probable, of equal ones the first
 */
public record Predictions(double[] logProbs, int[] likeliest) {
  /** Tokens of a step: logits of large vocabularies stay small, and the cache is read. */
  private static final int STEP = 64;

  /**
   * Runs a model over a text. Its cache is allocated anew.
   *
   * @throws dev.tensafe.formats.CodedException as the executor
   */
  static Predictions of(ModelExecutor executor, QualityText text) {
    int blocks = (text.longest() - 1) / ModelExecutor.BLOCK_SIZE + 1;
    executor.allocateCache(blocks);
    int[] table = IntStream.range(0, blocks).toArray();
    double[] logProbs = new double[text.predicted()];
    int[] likeliest = new int[logProbs.length];
    int next = 0;
    for (int[] window : text.windows()) {
      // the last token of a window predicts none
      for (int start = 0; start < window.length - 1; start += STEP) {
        int end = Math.min(start + STEP, window.length - 1);
        int[] tokens = Arrays.copyOfRange(window, start, end);
        SequenceInput input =
            new SequenceInput(
                1,
                "",
                SequenceInput.BASE,
                tokens,
                start,
                window.length,
                Arrays.copyOf(table, (end - 1) / ModelExecutor.BLOCK_SIZE + 1),
                LogitRows.ALL);
        ForwardResult result = executor.forward(new ForwardBatch(List.of(input)), List.of());
        for (int i = 0; i < tokens.length; i++, next++) {
          FloatBuffer row = result.row(i);
          likeliest[next] = likeliest(row);
          logProbs[next] = logProb(row, likeliest[next], window[start + i + 1]);
        }
      }
    }
    return new Predictions(logProbs, likeliest);
  }

  private static int likeliest(FloatBuffer row) {
    int best = 0;
    for (int i = 1; i < row.limit(); i++) {
      if (row.get(i) > row.get(best)) {
        best = i;
      }
    }
    return best;
  }

  private static double logProb(FloatBuffer row, int best, int token) {
    double most = row.get(best);
    double sum = 0;
    for (int i = 0; i < row.limit(); i++) {
      sum += Math.exp(row.get(i) - most);
    }
    return row.get(token) - most - Math.log(sum);
  }

  /** e to the mean of −log p. */
  double perplexity() {
    return Math.exp(-Arrays.stream(logProbs).average().orElse(0));
  }

  /** The share of positions where both hold the same token most probable. */
  double agreement(Predictions other) {
    return positions().filter(i -> likeliest[i] == other.likeliest[i]).count()
        / (double) likeliest.length;
  }

  /** The mean of |Δ log p| of the tokens of the text. */
  double meanDifference(Predictions other) {
    return positions().mapToDouble(i -> difference(other, i)).average().orElse(0);
  }

  /** The largest |Δ log p| of a token of the text. */
  double largestDifference(Predictions other) {
    return positions().mapToDouble(i -> difference(other, i)).max().orElse(0);
  }

  private IntStream positions() {
    return IntStream.range(0, logProbs.length);
  }

  private double difference(Predictions other, int at) {
    return Math.abs(logProbs[at] - other.logProbs[at]);
  }

  /** Sizes only. */
  @Override
  public String toString() {
    return "Predictions[" + logProbs.length + "]";
  }
}
