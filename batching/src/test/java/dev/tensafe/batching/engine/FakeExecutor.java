package dev.tensafe.batching.engine;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.Architecture;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.shape.RopeConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntBinaryOperator;

/**
 * An executor whose logits are known: after token {@code t} at position {@code p} all are {@link
 * #OTHER} but {@link #best} with {@link #BEST} and {@link #second} with {@link #SECOND}. Refuses
 * steps that fit no buffer, as the real one does.
 */
final class FakeExecutor implements ModelExecutor {
  static final float BEST = 5;
  static final float SECOND = 4;
  static final float OTHER = -100;

  private final ModelConfig config;
  private final int vocab;
  private FloatBuffer memory = FloatBuffer.allocate(0);

  /** Looks at every step before it runs; may throw what an executor may throw. */
  Consumer<ForwardBatch> before = batch -> {};

  /** Sequences whose rows are said to lie where none are. */
  final List<Long> misplaced = new ArrayList<>();

  /** The likeliest token after a token at a position. */
  IntBinaryOperator best;

  /** The next likely one. */
  IntBinaryOperator second;

  int mostRows;
  long rows;

  FakeExecutor(int vocab, Integer... ends) {
    this.vocab = vocab;
    this.best = (token, position) -> Math.floorMod(token * 31 + position * 7 + 11, vocab);
    this.second = (token, position) -> (best(token, position) + 1) % vocab;
    this.config =
        new ModelConfig(
            Architecture.LLAMA,
            8,
            8,
            1,
            1,
            1,
            8,
            vocab,
            1 << 20,
            1e-5,
            new RopeConfig.Default(10_000),
            List.of(0),
            false,
            false,
            false,
            false,
            true,
            Set.of(ends));
  }

  int best(int token, int position) {
    return best.applyAsInt(token, position);
  }

  int second(int token, int position) {
    return second.applyAsInt(token, position);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  @Override
  public long bytesPerBlock() {
    return 1;
  }

  @Override
  public void allocateCache(int blocks) {}

  @Override
  public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
    before.accept(batch);
    long wanted = batch.logitRowCount();
    if (wanted > RowMatrix.maxRows(vocab)) {
      throw new ModelException("model.step_too_large", wanted + " rows of logits");
    }
    int count = (int) wanted;
    mostRows = Math.max(mostRows, count);
    rows += count;
    if (memory.capacity() < count * vocab) {
      memory =
          ByteBuffer.allocateDirect(count * vocab * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
    }
    memory.clear().limit(count * vocab);
    for (int i = 0; i < count * vocab; i++) {
      memory.put(i, OTHER);
    }
    int[] first = new int[batch.sequences().size()];
    int row = 0;
    for (int i = 0; i < first.length; i++) {
      SequenceInput s = batch.sequences().get(i);
      first[i] = misplaced.contains(s.sequenceId()) ? count + 1 : row;
      for (int j = s.tokenCount() - s.logitRowCount(); j < s.tokenCount(); j++) {
        int at = row++ * vocab;
        memory.put(at + second(s.tokens()[j], s.start() + j), SECOND);
        memory.put(at + best(s.tokens()[j], s.start() + j), BEST);
      }
    }
    return new ForwardResult(memory, vocab, first, Map.of());
  }

  @Override
  public void close() {}
}
