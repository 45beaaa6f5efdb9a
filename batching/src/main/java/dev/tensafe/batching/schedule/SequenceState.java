package dev.tensafe.batching.schedule;

/**
 * What the scheduler knows of a sequence.
 *
 * @param id unique
 * @param tokens tokens known so far: prompt and generated
 * @param computed how many of them are in the cache; less than {@code tokens}
 * @param blocks cache blocks held; 0 unless running
 * @param priority lower runs earlier
 * @param waited steps spent waiting, over its whole life
 * @param arrival order of arrival, unique
 * @param flow who is charged for it, see {@link FlowCounters}
 * @param fresh whether it was never admitted, so that its prompt is still to be charged
 */
public record SequenceState(
    long id,
    int tokens,
    int computed,
    int blocks,
    int priority,
    int waited,
    long arrival,
    boolean running,
    String flow,
    boolean fresh) {

  int pending() {
    return tokens - computed;
  }

  long rank(SchedulerConfig config) {
    return (long) priority - waited / config.ageingSteps();
  }

  /** What admitting it costs its flow. */
  long admissionCharge() {
    return fresh ? (long) tokens * FlowCounters.PROMPT_TOKEN : 0;
  }
}
