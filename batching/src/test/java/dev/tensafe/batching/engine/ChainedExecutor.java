package dev.tensafe.batching.engine;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.Architecture;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.RopeConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An executor whose rows depend on every token before them, as a model's do, and on what lies in
 * the cache: a place of a block keeps a hash of all tokens up to it. So a place that was not
 * written, or written by a guess that was wrong, gives other rows. Half of the time the likeliest
 * token continues what the last two tokens have begun before, by their values alone.
 */
final class ChainedExecutor implements ModelExecutor {
  private static final int BLOCK = 16;

  private final ModelConfig config;
  private final int vocab;
  private final long[] cache;
  private FloatBuffer memory = FloatBuffer.allocate(0);

  /** Tokens that ran beyond the first of a run that had all of its rows asked for. */
  long extraRows;

  long steps;

  ChainedExecutor(int vocab, int blocks, Integer... ends) {
    this.vocab = vocab;
    this.cache = new long[blocks * BLOCK];
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

  static long mix(long value) {
    long z = value * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
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
    int count = (int) batch.logitRowCount();
    if (memory.capacity() < count * vocab) {
      memory =
          ByteBuffer.allocateDirect(count * vocab * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
    }
    memory.clear().limit(count * vocab);
    int[] first = new int[batch.sequences().size()];
    int row = 0;
    for (int i = 0; i < first.length; i++) {
      SequenceInput s = batch.sequences().get(i);
      first[i] = row;
      for (int j = 0; j < s.tokenCount(); j++) {
        int position = s.start() + j;
        long before = position == 0 ? s.adapter() + 77 : cache[place(s, position - 1)];
        long state = mix(before + s.tokens()[j] + 1);
        cache[place(s, position)] = state;
        if (j >= s.tokenCount() - s.logitRowCount()) {
          write(row++, s.tokens()[j], state);
        }
      }
      extraRows += Math.max(0, s.logitRowCount() - 1);
    }
    steps++;
    return new ForwardResult(memory, vocab, first, Map.of());
  }

  private static int place(SequenceInput s, int position) {
    return s.blocks()[position / BLOCK] * BLOCK + position % BLOCK;
  }

  private void write(int row, int token, long state) {
    int at = row * vocab;
    for (int id = 0; id < vocab; id++) {
      memory.put(at + id, (mix(state ^ id) >>> 40) * 0x1p-23f);
    }
    int usual = (int) Math.floorMod(mix(token), (long) vocab);
    memory.put(at + usual, memory.get(at + usual) + ((state & 3) == 0 ? 0 : 3));
  }

  @Override
  public void close() {}
}
