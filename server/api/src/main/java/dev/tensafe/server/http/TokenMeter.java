package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationRequest;
import dev.tensafe.ledger.TokenReservation;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Charges what a request computes with an adapter to its owner's budgets. */
final class TokenMeter {
  private final AdapterRegistry registry;

  TokenMeter(AdapterRegistry registry) {
    this.registry = registry;
  }

  /**
   * Reserves for outputs that are submitted together; they settle it as they end. Blocks.
   *
   * @return to be submitted in their place, or abandoned
   * @throws dev.tensafe.lora.AdapterException {@code adapter.budget_exhausted}, {@code
   *     adapter.storage}
   */
  Metered reserve(AdapterInfo adapter, String tenant, List<Engine.Submission> submissions) {
    long most = 0;
    for (Engine.Submission s : submissions) {
      GenerationRequest r = s.request();
      most += (long) r.promptTokens().length + r.params().maxTokens();
    }
    TokenReservation reservation = registry.reserve(adapter, tenant, most);
    AtomicInteger unfinished = new AtomicInteger(submissions.size());
    AtomicLong used = new AtomicLong();
    List<Engine.Submission> metered =
        submissions.stream()
            .map(
                s ->
                    new Engine.Submission(
                        s.request(),
                        new MeteredListener(
                            s.listener(),
                            s.request().promptTokens().length,
                            tokens -> {
                              long sum = used.addAndGet(tokens);
                              if (unfinished.decrementAndGet() == 0) {
                                reservation.settle(sum);
                              }
                            })))
            .toList();
    return new Metered(metered, reservation);
  }

  /** Submissions with the reservation they settle. */
  record Metered(List<Engine.Submission> submissions, TokenReservation reservation) {
    /** They will not be submitted. */
    void abandon() {
      reservation.settle(0);
    }
  }
}
