package dev.tensafe.batching.schedule;

/**
 * What a step's time is made of. The numbers are where {@link LearntCosts} starts from, before it
 * has measured: costs beside that of one row of a prompt, for a model of some 10⁸ weights.
 */
public enum CostKind {
  /** A step at all: the weights are read once, whoever runs. */
  STEP(0, 30),
  /** A row without logits. */
  PROMPT_ROW(1, 1),
  /** A row with logits, from which a token is drawn. */
  OUTPUT_ROW(2, 2),
  /** 1024 positions that a row attends to. */
  CONTEXT(3, 1),
  /** A row of a plain adapter, per MB of its weights. */
  PLAIN_ROW(4, 0.02),
  /** A plain adapter in a step, per MB of its weights: these are read once. */
  PLAIN_ADAPTER(5, 0.1),
  /** A step with encrypted rows at all: round trips. */
  ENCRYPTED_STEP(6, 30),
  /** A message of an encrypted adapter. */
  ENCRYPTED_ADAPTER(7, 1),
  /** A row in a message of an encrypted adapter. */
  ENCRYPTED_ROW(8, 0.3);

  /** Its place among amounts. */
  final int index;

  final double prior;

  CostKind(int index, double prior) {
    this.index = index;
    this.prior = prior;
  }

  /** Amounts of each kind, none of any. */
  static double[] none() {
    return new double[values().length];
  }
}
