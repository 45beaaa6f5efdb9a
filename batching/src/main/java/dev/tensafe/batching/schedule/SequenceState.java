package dev.tensafe.batching.schedule;

/**
 * What the scheduler knows of a sequence.
 *
 * @param id unique
 * @param tokens tokens known so far: prompt and generated
 * @param computed how many of them are in the cache; less than {@code tokens}
 * @param logitsFrom position of the first token whose row of logits is wanted: the last one's, or
 *     where the scoring of a prompt has got to
 * @param blocks cache blocks held; 0 unless running
 * @param priority lower runs earlier
 * @param waited steps spent waiting, over its whole life
 * @param arrival order of arrival, unique
 * @param flow who is charged for it, see {@link FlowCounters}
 * @param fresh whether it was never admitted, so that its prompt is not promised yet
 * @param drafts tokens guessed to follow its last one, to be run with it where there is room
 */
public record SequenceState(
    long id,
    int tokens,
    int computed,
    int logitsFrom,
    int blocks,
    int priority,
    int waited,
    long arrival,
    boolean running,
    String flow,
    boolean fresh,
    int drafts) {
  /** The same with its first tokens computed, in blocks that it does not hold yet. */
  SequenceState resumedAt(int position) {
    return new SequenceState(
        id,
        tokens,
        position,
        logitsFrom,
        blocks,
        priority,
        waited,
        arrival,
        running,
        flow,
        fresh,
        drafts);
  }

  int pending() {
    return tokens - computed;
  }

  /** Rows of logits wanted of the next {@code run} tokens: of their last ones. */
  int logitRows(int run) {
    return Math.max(0, computed + run - Math.max(computed, logitsFrom));
  }

  /** The most tokens that can be run when their rows of logits are at most {@code rows}. */
  int tokensWithin(int rows) {
    return Math.min(pending(), Math.max(0, logitsFrom - computed) + rows);
  }

  long rank(SchedulerConfig config) {
    return (long) priority - waited / config.ageingSteps();
  }
}
