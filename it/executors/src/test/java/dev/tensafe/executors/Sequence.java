package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Known tokens with a place in the cache, and the logits that an executor gave for each. */
final class Sequence {
  private final long id;
  private final long adapter;
  private final int[] tokens;
  private final float[][] logits;
  private int[] blocks;
  private int computed;

  Sequence(long id, long adapter, int[] tokens, int[] blocks) {
    this.id = id;
    this.adapter = adapter;
    this.tokens = tokens;
    this.blocks = blocks;
    this.logits = new float[tokens.length][];
  }

  /** With blocks from {@code firstBlock} on. */
  static Sequence at(int firstBlock, long id, int[] tokens) {
    int count = blocksOf(tokens.length);
    return new Sequence(
        id, SequenceInput.BASE, tokens, IntStream.range(firstBlock, firstBlock + count).toArray());
  }

  /** Blocks that this many positions need. */
  static int blocksOf(int positions) {
    return (positions + ModelExecutor.BLOCK_SIZE - 1) / ModelExecutor.BLOCK_SIZE;
  }

  long id() {
    return id;
  }

  int[] tokens() {
    return tokens;
  }

  int[] blocks() {
    return blocks;
  }

  int computed() {
    return computed;
  }

  int left() {
    return tokens.length - computed;
  }

  /** Logits by position. */
  float[][] logits() {
    return logits;
  }

  /** Goes back, or on where the cache has it already. */
  void moveTo(int position) {
    computed = position;
  }

  /** Starts over in other blocks. */
  void restart(int[] other) {
    blocks = other;
    computed = 0;
  }

  /** The next tokens, with logits of each. */
  SequenceInput next(int count) {
    return input(Arrays.copyOfRange(tokens, computed, computed + count));
  }

  /** Other tokens than the next ones: the sequence does not move. */
  SequenceInput input(int[] run) {
    return new SequenceInput(
        id, "", adapter, run, computed, tokens.length, blocks, SequenceInput.LogitRows.ALL);
  }

  /** One step of some sequences, {@code chunk} tokens each. */
  static void step(
      ModelExecutor executor,
      List<Sequence> sequences,
      ToIntFunction<Sequence> chunk,
      List<ForwardHook> hooks) {
    List<SequenceInput> inputs = new ArrayList<>();
    for (Sequence s : sequences) {
      inputs.add(s.next(chunk.applyAsInt(s)));
    }
    ForwardResult result = executor.forward(new ForwardBatch(inputs), hooks);
    assertEquals(Map.of(), result.failures());
    for (int i = 0; i < inputs.size(); i++) {
      Sequence s = sequences.get(i);
      for (int t = 0; t < inputs.get(i).tokenCount(); t++) {
        float[] row = new float[result.vocabSize()];
        result.row(result.firstRow()[i] + t).get(row);
        s.logits[s.computed++] = row;
      }
    }
  }

  /** All logits of tokens that run alone in one step. */
  static float[][] alone(ModelExecutor executor, Sequence s, List<ForwardHook> hooks) {
    s.moveTo(0);
    step(executor, List.of(s), Sequence::left, hooks);
    return s.logits.clone();
  }

  /** The logits have these bits; one NaN is as good as another. */
  void assertBits(float[][] want, String what) {
    for (int t = 0; t < computed; t++) {
      int at = t;
      assertTrue(
          Arrays.equals(want[t], logits[t]),
          () ->
              what
                  + ": position "
                  + at
                  + " differs from logit "
                  + first(want[at], logits[at])
                  + " on");
    }
  }

  private static int first(float[] a, float[] b) {
    return Arrays.mismatch(a, b);
  }
}
