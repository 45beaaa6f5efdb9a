package dev.tensafe.bench.step;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.exec.SequenceInput.LogitRows;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import java.util.stream.IntStream;

/**
 * What a measured step runs: sequences of one kind, with logits of each one's last token.
 *
 * @param sequences in the step
 * @param tokens of each
 * @param context tokens before them, in the cache already
 */
public record StepLoad(int sequences, int tokens, int context) {
  public StepLoad {
    if (sequences < 1 || tokens < 1 || context < 0) {
      throw new IllegalArgumentException("a step has at least one sequence of one token");
    }
  }

  /** A step of one token of each sequence. */
  public static StepLoad decode(int sequences, int context) {
    return new StepLoad(sequences, 1, context);
  }

  /** The prompt of one sequence. */
  public static StepLoad prefill(int tokens) {
    return new StepLoad(1, tokens, 0);
  }

  /** For a line of a table. */
  public String label() {
    return context == 0 ? "prefill " + tokens : "decode " + sequences;
  }

  /** Tokens of the step. */
  public int rows() {
    return Math.multiplyExact(sequences, tokens);
  }

  /** Blocks of the cache that one sequence fills. */
  int blocksEach() {
    return (context + tokens - 1) / ModelExecutor.BLOCK_SIZE + 1;
  }

  /** The step. */
  ForwardBatch batch(int vocabulary) {
    return batch(context, tokens, LogitRows.LAST, 0, sequences, vocabulary);
  }

  /** The step that fills the cache with what stands before one of the sequences. */
  ForwardBatch before(int sequence, int vocabulary) {
    return batch(0, context, LogitRows.NONE, sequence, 1, vocabulary);
  }

  private ForwardBatch batch(
      int start, int count, LogitRows logits, int first, int sequences, int vocabulary) {
    return new ForwardBatch(
        IntStream.range(first, first + sequences)
            .mapToObj(
                sequence -> {
                  int own = sequence * blocksEach();
                  return new SequenceInput(
                      sequence + 1,
                      "",
                      SequenceInput.BASE,
                      IntStream.range(start, start + count)
                          .map(i -> (31 * i + sequence) % vocabulary)
                          .toArray(),
                      start,
                      context + tokens,
                      IntStream.range(own, own + blocksEach()).toArray(),
                      logits);
                })
            .toList());
  }

  /** Multiply-adds of the step: projections, attention and head. */
  double multiplyAdds(ModelConfig config) {
    double sum = (double) sequences * config.vocabSize() * config.hiddenSize();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          sum += (double) rows() * p.in() * p.out();
        }
      }
      int window = config.windows().get(layer);
      for (int position = context; position < context + tokens; position++) {
        int seen = window == 0 ? position + 1 : Math.min(window, position + 1);
        sum += 2.0 * sequences * config.querySize() * seen;
      }
    }
    return sum;
  }
}
