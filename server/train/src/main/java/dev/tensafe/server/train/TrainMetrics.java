package dev.tensafe.server.train;

import dev.tensafe.privacy.BudgetLedger;
import dev.tensafe.privacy.DataSetId;
import dev.tensafe.runtime.metrics.BoundedNames;
import dev.tensafe.runtime.metrics.Families;
import dev.tensafe.runtime.metrics.Family;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.JobState;
import dev.tensafe.tuning.run.TrainerListener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * What the training service shows to Prometheus. Names of tenants and data sets stand in labels, as
 * many as are bounded.
 */
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

  static final Family EPSILON =
      Family.gauge(
          "tensafe_privacy_budget_epsilon",
          "Epsilon spent of a data set, at the delta of the model that spent it last.",
          "tenant",
          "data_set");

  /** Of a data set from an earlier process, before a step of this one says its own. */
  private static final double USUAL_DELTA = 1e-5;

  private final Families families;
  private final BoundedNames names = new BoundedNames();
  private final Map<List<String>, AtomicReference<Double>> spent = new ConcurrentHashMap<>();
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
    for (DataSetId id : ledger.dataSets()) {
      spent(id.tenant(), id.name(), ledger.spent(id, USUAL_DELTA).epsilon());
    }
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
  public void spent(String tenant, String dataSet, double epsilon) {
    String owner = tenant.isEmpty() ? "-" : tenant;
    // one name stands for both, so that a bound is one
    if (!names.label(owner + "/" + dataSet).equals(owner + "/" + dataSet)) {
      return;
    }
    spent
        .computeIfAbsent(
            List.of(owner, dataSet),
            labels -> {
              AtomicReference<Double> value = new AtomicReference<>(epsilon);
              families.gauge(EPSILON, value, AtomicReference::get, owner, dataSet);
              return value;
            })
        .set(epsilon);
  }

  @Override
  public void failed(String label, String code) {
    families.counter(CALLS, label, code).increment();
  }
}
