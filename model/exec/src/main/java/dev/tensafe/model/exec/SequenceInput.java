package dev.tensafe.model.exec;

import static java.util.Objects.requireNonNull;

/**
 * What one sequence contributes to a step: a run of tokens at consecutive positions.
 *
 * @param sequenceId the engine's id, passed on to hooks
 * @param requestId names the request in traces, or is empty; never a secret, so that hooks may send
 *     and log it
 * @param adapter whose deltas are added, as hooks know it; {@link #BASE} for none
 * @param tokens ids to run, at positions {@code start … start + tokens.length − 1}; at least one
 * @param start position of the first token; everything before it is in the cache already
 * @param promptLength tokens of the sequence's prompt, for length-dependent rotary scaling
 * @param blocks cache blocks of the sequence in order; must cover the last position
 * @param logits which rows of logits are wanted
 */
public record SequenceInput(
    long sequenceId,
    String requestId,
    long adapter,
    int[] tokens,
    int start,
    int promptLength,
    int[] blocks,
    LogitRows logits) {
  /** The adapter of a sequence that the base model answers alone. */
  public static final long BASE = 0;

  public SequenceInput {
    requireNonNull(requestId, "requestId is null");
    if (tokens.length == 0 || start < 0) {
      throw new IllegalArgumentException("a sequence runs at least one token from position ≥ 0");
    }
    if (logits instanceof LogitRows.Last last && last.rows() > tokens.length) {
      throw new IllegalArgumentException(
          "the last " + last.rows() + " rows of a run of " + tokens.length + " tokens");
    }
  }

  public int tokenCount() {
    return tokens.length;
  }

  /** Rows of logits this sequence produces. */
  public int logitRowCount() {
    if (logits instanceof LogitRows.Last last) {
      return last.rows();
    }
    return logits instanceof LogitRows.All ? tokens.length : 0;
  }

  /** Without the tokens: they are the prompt. */
  @Override
  public String toString() {
    return "SequenceInput[" + sequenceId + ", " + tokens.length + " tokens at " + start + "]";
  }

  /** Which positions of a run need logits. */
  public sealed interface LogitRows {
    LogitRows NONE = new None();
    LogitRows LAST = new Last(1);
    LogitRows ALL = new All();

    /**
     * The rows of the last tokens of a run.
     *
     * @param rows at least one, at most the tokens of the run
     */
    static LogitRows last(int rows) {
      return new Last(rows);
    }

    /** No row: the run only fills the cache. */
    record None() implements LogitRows {}

    /** The rows of the last tokens. */
    record Last(int rows) implements LogitRows {
      public Last {
        if (rows < 1) {
          throw new IllegalArgumentException("the last " + rows + " rows; at least 1 is possible");
        }
      }
    }

    /** One row per token. */
    record All() implements LogitRows {}
  }
}
