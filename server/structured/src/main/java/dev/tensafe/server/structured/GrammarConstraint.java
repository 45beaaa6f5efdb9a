package dev.tensafe.server.structured;

import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.grammar.match.CompiledGrammar;
import java.util.Set;
import java.util.concurrent.Executor;

/** Outputs that are texts of a grammar. Thread-safe. */
final class GrammarConstraint implements Constraint {
  private final CompiledGrammar grammar;
  private final Executor workers;
  private final boolean cuttable;

  /**
   * @param workers where masks are made
   * @param cuttable whether a stop string may end the text where it is not whole
   */
  GrammarConstraint(CompiledGrammar grammar, Executor workers, boolean cuttable) {
    this.grammar = grammar;
    this.workers = workers;
    this.cuttable = cuttable;
  }

  @Override
  public LogitMask begin(Set<Integer> ends) {
    return new GrammarMask(grammar.matcher(), ends, workers);
  }

  @Override
  public boolean cuttable() {
    return cuttable;
  }
}
