package dev.tensafe.tuning.run;

import dev.tensafe.tuning.ModelSettings;
import dev.tensafe.tuning.SettingsJson;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.command.CommandCodec;
import dev.tensafe.tuning.queue.JobQueue;
import dev.tensafe.tuning.queue.JobState;
import dev.tensafe.tuning.queue.JobSummary;
import dev.tensafe.tuning.queue.Outcome;
import dev.tensafe.tuning.queue.Published;
import dev.tensafe.tuning.queue.StoredModel;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What callers may do: sessions, models, calls, and their results. Every method takes the tenant
 * who asks and shows nothing of others. Thread-safe.
 */
public final class TuningService {
  private final JobQueue queue;
  private final ConcurrentMap<String, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();

  public TuningService(JobQueue queue) {
    this.queue = queue;
  }

  /** Begins a session. */
  public String createSession(String tenant) {
    return queue.sessions().create(tenant);
  }

  /** Notes that a session is alive. */
  public void heard(String session, String tenant) {
    queue.sessions().heard(session, tenant);
  }

  /** Takes down a new model. */
  public JobQueue.Made createModel(
      String session, String tenant, long number, ModelSettings settings) {
    return queue.createModel(
        session,
        tenant,
        number,
        SettingsJson.write(settings),
        CommandCodec.write(new Command.Create()));
  }

  /** The settings of a tenant's model. */
  public ModelSettings settings(String model, String tenant) {
    return SettingsJson.read(queue.model(model, tenant).settings());
  }

  /** A tenant's models. */
  public List<StoredModel> models(String tenant) {
    return queue.models(tenant);
  }

  /** Takes down a call of a model. */
  public String submit(String model, String tenant, OptionalLong sequence, Command command) {
    return queue.submit(model, tenant, sequence, command.label(), CommandCodec.write(command));
  }

  /** Takes down a request for samples. */
  public String submitSample(String scope, String tenant, OptionalLong sequence, byte[] request) {
    return queue.submitSample(scope, tenant, sequence, request);
  }

  /** A tenant's published weights, newest first; a model's, if one is named. */
  public List<Published> published(String tenant, @Nullable String model) {
    return queue.published().list(tenant, model);
  }

  /** Forgets published weights. */
  public void unpublished(String model, String name) {
    queue.published().remove(model, name);
  }

  /** Cancels a call that has not begun; false if it has. */
  public boolean cancel(String request, String tenant) {
    boolean done = queue.cancel(request, tenant);
    ended(request);
    return done;
  }

  /** A tenant's calls, newest first. */
  public List<JobSummary> list(String tenant, @Nullable JobState state, int most) {
    return queue.list(tenant, state == null ? null : state.label(), most);
  }

  /**
   * What became of a call, when it has ended or some time has gone by.
   *
   * @throws TuningException {@code tuning.gone}
   */
  public CompletionStage<Outcome> fetch(String request, String tenant, Duration most) {
    // registered before the look: what ends in between is not missed
    CompletableFuture<Void> end =
        waiting.computeIfAbsent(request, name -> new CompletableFuture<>());
    Outcome now;
    try {
      now = queue.fetch(request, tenant);
    } catch (TuningException e) {
      ended(request);
      throw e;
    }
    if (now.state().ended()) {
      ended(request);
      return CompletableFuture.completedFuture(now);
    }
    return end.copy()
        .completeOnTimeout(null, most.toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(ignored -> queue.fetch(request, tenant));
  }

  /** Tells those who wait that a call has ended. */
  public void ended(String request) {
    CompletableFuture<Void> end = waiting.remove(request);
    if (end != null) {
      end.complete(null);
    }
  }
}
