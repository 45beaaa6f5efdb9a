package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.schedule.StepPlan;
import java.util.Map;

/**
 * One step: what was decided, and what the time went on.
 *
 * @param drafts what became of guesses
 * @param nanos time by phase; a phase that took none may be missing
 * @param tenants what part of it each tenant had, in nanoseconds; the sum leaves out what is too
 *     long to be believed
 */
public record StepReport(
    StepPlan plan, DraftCounts drafts, Map<Phase, Long> nanos, Map<String, Double> tenants) {
  public StepReport {
    requireNonNull(plan, "plan is null");
    requireNonNull(drafts, "drafts is null");
    nanos = Map.copyOf(nanos);
    tenants = Map.copyOf(tenants);
  }

  /** What a step's time goes on, in this order. */
  public enum Phase {
    /** Expiry, the plan, blocks taken and given back. */
    SCHEDULE,
    /** Guesses at the next tokens. */
    DRAFT,
    /** The model's forward pass, hooks included. */
    FORWARD,
    /** From logits to tokens and text, and scores of prompts. */
    SAMPLE,
    /** Listeners of outputs. */
    REPORT,
    /** What the step cost, and whom; {@link #tenants} leave it out. */
    ACCOUNT
  }

  /** Time of one phase. */
  public long nanos(Phase phase) {
    return nanos.getOrDefault(phase, 0L);
  }

  /** Time of all phases. */
  public long totalNanos() {
    return nanos.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Sequences that ran. */
  public int sequences() {
    return plan.runs().size();
  }

  /** Tokens that ran, over all sequences. */
  public int tokens() {
    return plan.runs().stream().mapToInt(StepPlan.Run::tokens).sum();
  }
}
