package dev.tensafe.server.structured;

import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.grammar.match.CompiledGrammar;
import java.util.Set;

/** Outputs that are texts of a grammar. Thread-safe. */
final class GrammarConstraint implements Constraint {
  private final CompiledGrammar grammar;
  private final MaskWorkers workers;
  private final String tenant;
  private final boolean cuttable;

  /**
   * @param workers where masks are made
   * @param tenant for whom
   * @param cuttable whether a stop string may end the text where it is not whole
   */
  GrammarConstraint(CompiledGrammar grammar, MaskWorkers workers, String tenant, boolean cuttable) {
    this.grammar = grammar;
    this.workers = workers;
    this.tenant = tenant;
    this.cuttable = cuttable;
  }

  @Override
  public LogitMask begin(Set<Integer> ends) {
    return new GrammarMask(grammar.matcher(workers::pause), ends, workers.of(tenant));
  }

  @Override
  public boolean cuttable() {
    return cuttable;
  }
}
