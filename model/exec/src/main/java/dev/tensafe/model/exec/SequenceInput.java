package dev.tensafe.model.exec;

/**
 * What one sequence contributes to a step: a run of tokens at consecutive positions.
 *
 * @param sequenceId the engine's id, passed on to hooks
 * @param adapter whose deltas are added, as hooks know it; {@link #BASE} for none
 * @param tokens ids to run, at positions {@code start … start + tokens.length − 1}; at least one
 * @param start position of the first token; everything before it is in the cache already
 * @param promptLength tokens of the sequence's prompt, for length-dependent rotary scaling
 * @param blocks cache blocks of the sequence in order; must cover the last position
 * @param logits which rows of logits are wanted
 */
public record SequenceInput(
    long sequenceId,
    long adapter,
    int[] tokens,
    int start,
    int promptLength,
    int[] blocks,
    LogitRows logits) {
  /** The adapter of a sequence that the base model answers alone. */
  public static final long BASE = 0;

  public SequenceInput {
    if (tokens.length == 0 || start < 0) {
      throw new IllegalArgumentException("a sequence runs at least one token from position ≥ 0");
    }
  }

  public int tokenCount() {
    return tokens.length;
  }

  /** Rows of logits this sequence produces. */
  public int logitRowCount() {
    return switch (logits) {
      case NONE -> 0;
      case LAST -> 1;
      case ALL -> tokens.length;
    };
  }

  /** Without the tokens: they are the prompt. */
  @Override
  public String toString() {
    return "SequenceInput[" + sequenceId + ", " + tokens.length + " tokens at " + start + "]";
  }

  /** Which positions of a run need logits. */
  public enum LogitRows {
    NONE,
    LAST,
    ALL
  }
}
