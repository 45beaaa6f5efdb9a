package dev.tensafe.he.client;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;

/** A message of a batch that was sent and not joined yet. Confined to the engine's thread. */
interface SentMessage {
  int tokens();

  /**
   * The place of a token among its adapter's rows of the step.
   *
   * @param token of the message, from 0
   */
  int row(int token);

  SentRequest request();

  /** S of its packing: how many answers share a ciphertext, and so each other's noise. */
  int outputs();

  /** For {@link HeListener.Exchange}. */
  String packing();

  /** Share of the packing's token places that are used. */
  double fill();

  /**
   * Decrypts and judges its answers.
   *
   * @param answers from its position on
   * @param verdicts [tokens][VERDICT], written
   * @param u [tokens][r'], written; not to be used before the verdicts are
   */
  void decrypt(OpenGroup group, ByteBuffer answers, double[] verdicts, DoubleBuffer u);
}
