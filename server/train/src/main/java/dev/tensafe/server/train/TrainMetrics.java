package dev.tensafe.server.train;

import dev.tensafe.privacy.BudgetLedger;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.JobState;
import dev.tensafe.tuning.run.TrainerListener;
import java.util.function.Consumer;

/** What the training service shows to Prometheus. Names of tenants are in no label. */
final class TrainMetrics implements TrainerListener {
  static final Family CALLS =
      Family.counter(
          "tensafe_tuning_calls_total",
          "Calls of models that ended, by kind and code.",
          "kind",
          "code");
  static final Family TOKENS =
      Family.counter("tensafe_tuning_tokens_total", "Tokens of passes, by kind.", "kind");
  static final Family SECONDS =
      Family.counter("tensafe_tuning_seconds_total", "Time of passes, by kind.", "kind");
  static final Family STEPS =
      Family.counter("tensafe_tuning_steps_total", "Optimizer steps of all models.", "private");
  static final Family QUEUED = Family.gauge("tensafe_tuning_queued_calls", "Calls that wait.");
  static final Family DEAD =
      Family.gauge("tensafe_tuning_dead_calls", "Calls over which the process died too often.");
  static final Family MODELS = Family.gauge("tensafe_tuning_models", "Models that take calls.");

  private final Families families;
  private final Consumer<String> ended;

  /**
   * @param ended told the request id of every call that has ended
   */
  TrainMetrics(Families families, JobQueue queue, BudgetLedger ledger, Consumer<String> ended) {
    this.families = families;
    this.ended = ended;
    families.gauge(QUEUED, queue, q -> (double) q.count(JobState.QUEUED));
    families.gauge(DEAD, queue, q -> (double) q.count(JobState.DEAD));
    families.gauge(MODELS, queue, q -> q.models().size());
  }

  @Override
  public void ended(String requestId) {
    ended.accept(requestId);
  }

  @Override
  public void passed(String label, int examples, long tokens, double loss, long nanos) {
    families.counter(CALLS, label, "ok").increment();
    families.counter(TOKENS, label).increment((double) tokens);
    families.counter(SECONDS, label).increment(nanos / 1e9);
  }

  @Override
  public void stepped(String model, long step, double norm, boolean noisy) {
    families.counter(STEPS, Boolean.toString(noisy)).increment();
  }

  @Override
  public void failed(String label, String code) {
    families.counter(CALLS, label, code).increment();
  }
}
