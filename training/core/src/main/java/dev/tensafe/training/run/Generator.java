package dev.tensafe.training.run;

import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import dev.tensafe.training.torch.TrainableModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Greedy continuations by the training pass: all positions are computed again for each token, which
 * is fast enough for a few samples only.
 */
public final class Generator {
  private final TrainableModel model;
  private final Set<Integer> endTokens;

  public Generator(TrainableModel model, Set<Integer> endTokens) {
    this.model = model;
    this.endTokens = endTokens;
  }

  /**
   * Continues prompts side by side.
   *
   * @param prompts token ids, none empty
   * @param most tokens to generate for each; fewer when the model's positions are used up
   * @return generated tokens, without the one that ended each
   */
  public List<int[]> continuations(List<int[]> prompts, int most) {
    List<int[]> texts = new ArrayList<>(prompts);
    boolean[] ended = new boolean[prompts.size()];
    for (int n = 0; n < most; n++) {
      List<Integer> going = new ArrayList<>();
      for (int i = 0; i < ended.length; i++) {
        if (!ended[i] && texts.get(i).length < model.config().maxPositions()) {
          going.add(i);
        }
      }
      if (going.isEmpty()) {
        break;
      }
      int[] next = next(going.stream().map(texts::get).toList());
      for (int k = 0; k < next.length; k++) {
        int i = going.get(k);
        if (endTokens.contains(next[k])) {
          ended[i] = true;
        } else {
          int[] longer = Arrays.copyOf(texts.get(i), texts.get(i).length + 1);
          longer[longer.length - 1] = next[k];
          texts.set(i, longer);
        }
      }
    }
    List<int[]> out = new ArrayList<>();
    for (int i = 0; i < ended.length; i++) {
      out.add(Arrays.copyOfRange(texts.get(i), prompts.get(i).length, texts.get(i).length));
    }
    return out;
  }

  private int[] next(List<int[]> texts) {
    List<Row> rows = new ArrayList<>();
    for (int[] tokens : texts) {
      int[] labels = new int[tokens.length];
      Arrays.fill(labels, Row.IGNORED);
      int[] positions = new int[tokens.length];
      Arrays.setAll(positions, i -> i);
      rows.add(new Row(tokens, labels, positions, new int[tokens.length]));
    }
    MicroBatch batch = MicroBatch.of(rows);
    long[] last = new long[texts.size()];
    for (int i = 0; i < last.length; i++) {
      last[i] = (long) i * batch.length() + texts.get(i).length - 1;
    }
    float[] logits = model.logits(batch, last);
    int vocab = model.config().vocabSize();
    int[] out = new int[texts.size()];
    for (int i = 0; i < out.length; i++) {
      int best = 0;
      for (int t = 1; t < vocab; t++) {
        if (logits[i * vocab + t] > logits[i * vocab + best]) {
          best = t;
        }
      }
      out[i] = best;
    }
    return out;
  }
}
