package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;

/**
 * A message of a batch that was sent and not joined yet: the inputs {@code first} to {@code first +
 * tokens − 1}. Confined to the engine's thread.
 */
sealed interface SentChunk {
  /** Index of its first row among the batch's inputs. */
  int first();

  int tokens();

  Evaluations.Request request();

  /** On {@link System#nanoTime}'s scale. */
  long sentNanos();

  /** S of its packing: how many answers share a ciphertext, and so each other's noise. */
  int outputs();

  /** For {@link HeListener.Exchange}. */
  String packing();

  /** Share of the packing's token places that are used. */
  double fill();

  /**
   * Decrypts its answers.
   *
   * @param answers from its position on
   * @param tokenScales [tokens]
   * @param u [tokens][r'], written
   */
  void decrypt(
      Evaluations evaluations,
      PublicGroup group,
      ByteBuffer answers,
      double[] tokenScales,
      DoubleBuffer u);

  /** Wipes what it was encrypted with, if its answer is not waited for any more. */
  void abandon();

  /** Ordinary ciphertexts. */
  record OfCiphertexts(int first, InputShape shape, Evaluations.Request request, long sentNanos)
      implements SentChunk {
    @Override
    public int tokens() {
      return shape.tokens();
    }

    @Override
    public int outputs() {
      return shape.packing().outputs();
    }

    @Override
    public String packing() {
      return shape.packing().tokens() + "x" + shape.packing().outputs();
    }

    @Override
    public double fill() {
      Packing packing = shape.packing();
      int groups = (tokens() + packing.tokens() - 1) / packing.tokens();
      return (double) tokens() / (groups * packing.tokens());
    }

    @Override
    public void decrypt(
        Evaluations evaluations,
        PublicGroup group,
        ByteBuffer answers,
        double[] tokenScales,
        DoubleBuffer u) {
      AnswerShape of = new AnswerShape(shape.tokens(), group.rows(), shape.packing());
      evaluations.decrypt(of, answers, tokenScales, group.rowScales(), u);
    }

    @Override
    public void abandon() {}
  }

  /** Positions of pads. */
  record OfPads(int first, PadStock.Run run, Evaluations.Request request, long sentNanos)
      implements SentChunk {
    @Override
    public int tokens() {
      return run.count();
    }

    @Override
    public int outputs() {
      return 1;
    }

    @Override
    public String packing() {
      return "pads";
    }

    @Override
    public double fill() {
      return 1;
    }

    @Override
    public void decrypt(
        Evaluations evaluations,
        PublicGroup group,
        ByteBuffer answers,
        double[] tokenScales,
        DoubleBuffer u) {
      try (PadStock.Run used = run) {
        used.pads().decrypt(used.first(), used.count(), answers, tokenScales, group.rowScales(), u);
      }
    }

    @Override
    public void abandon() {
      run.close();
    }
  }
}
