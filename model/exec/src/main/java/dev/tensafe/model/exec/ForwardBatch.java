package dev.tensafe.model.exec;

import java.util.List;

/** One step of the model: runs of tokens from several sequences. */
public record ForwardBatch(List<SequenceInput> sequences) {
  public ForwardBatch {
    sequences = List.copyOf(sequences);
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("a batch has at least one sequence");
    }
  }

  public int tokenCount() {
    return sequences.stream().mapToInt(SequenceInput::tokenCount).sum();
  }

  /** Rows of logits the step produces. */
  public long logitRowCount() {
    return sequences.stream().mapToLong(SequenceInput::logitRowCount).sum();
  }
}
