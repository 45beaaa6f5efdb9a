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
 */
public record SequenceState(
    long id,
    int tokens,
    int computed,
    int blocks,
    int priority,
    int waited,
    long arrival,
    boolean running) {

  int pending() {
    return tokens - computed;
  }

  long rank(SchedulerConfig config) {
    return (long) priority - waited / config.ageingSteps();
  }
}
