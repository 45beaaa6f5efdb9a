package dev.tensafe.batching.engine;

import dev.tensafe.formats.CodedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Every output that was accepted and has not ended, whatever became of it since: the last resort
 * that gives each of them an end. Thread-safe.
 */
final class AcceptedOutputs {
  private final Map<Long, AcceptedOutput> unfinished = new ConcurrentHashMap<>();
  private final InternalErrors errors;

  AcceptedOutputs(InternalErrors errors) {
    this.errors = errors;
  }

  /**
   * Outputs submitted together.
   *
   * @param ids one per listener
   * @param afterLast runs when the last of them has ended, before its receiver hears of it
   */
  List<AcceptedOutput> accept(
      List<Long> ids, List<GenerationListener> listeners, Runnable afterLast) {
    AtomicInteger left = new AtomicInteger(ids.size());
    List<AcceptedOutput> accepted = new ArrayList<>(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      accepted.add(
          new AcceptedOutput(
              ids.get(i),
              listeners.get(i),
              id -> {
                unfinished.remove(id);
                if (left.decrementAndGet() == 0) {
                  run(afterLast);
                }
              }));
      unfinished.put(ids.get(i), accepted.get(i));
    }
    return accepted;
  }

  private void run(Runnable afterLast) {
    try {
      afterLast.run();
    } catch (RuntimeException | Error e) {
      errors.report("what follows a request's last output", e);
    }
  }

  /** Outputs whose submission was refused after all; their listeners hear nothing. */
  void refuse(List<Long> ids) {
    ids.forEach(unfinished::remove);
  }

  int count() {
    return unfinished.size();
  }

  /** Ends all that are left. */
  void failAll(CodedException reason) {
    for (AcceptedOutput output : List.copyOf(unfinished.values())) {
      try {
        output.onFailure(reason);
      } catch (RuntimeException | Error e) {
        errors.report("a listener", e);
      }
    }
  }
}
