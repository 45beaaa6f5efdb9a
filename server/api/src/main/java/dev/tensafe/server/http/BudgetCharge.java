package dev.tensafe.server.http;

import dev.tensafe.batching.engine.Engine;
import dev.tensafe.batching.engine.GenerationRequest;
import dev.tensafe.ledger.TokenReservation;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.AdapterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The charge of outputs that are submitted together to the budgets of an adapter's owner: the most
 * they can need until the last of them has ended, then the tokens they used.
 *
 * @param submissions to be submitted in place of those given; or {@link #waive}
 */
record BudgetCharge(List<Engine.Submission> submissions, TokenReservation reservation) {
  /**
   * Reserves the most that outputs can need. Blocks.
   *
   * @throws dev.tensafe.lora.AdapterException {@code adapter.budget_exhausted}, {@code
   *     adapter.storage}
   */
  static BudgetCharge reserve(
      AdapterRegistry registry,
      AdapterInfo adapter,
      String tenant,
      List<Engine.Submission> submissions) {
    long most = 0;
    for (Engine.Submission s : submissions) {
      GenerationRequest r = s.request();
      most += (long) r.promptTokens().length + r.params().maxTokens();
    }
    TokenReservation reservation = registry.reserve(adapter, tenant, most);
    AtomicInteger unfinished = new AtomicInteger(submissions.size());
    AtomicLong used = new AtomicLong();
    List<Engine.Submission> charged =
        submissions.stream()
            .map(
                s ->
                    new Engine.Submission(
                        s.request(),
                        new UsageListener(
                            s.listener(),
                            s.request().promptTokens().length,
                            tokens -> {
                              long sum = used.addAndGet(tokens);
                              if (unfinished.decrementAndGet() == 0) {
                                reservation.settle(sum);
                              }
                            })))
            .toList();
    return new BudgetCharge(charged, reservation);
  }

  /** Nothing is submitted, and nothing charged. */
  void waive() {
    reservation.settle(0);
  }
}
