package dev.tensafe.batching.engine;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.ModelConfig;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An executor with a cache of numbers: at each position one that is made of whom the sequence is
 * for (its request's id and its adapter) and of all tokens so far, read from the cache. The logits
 * of a row follow from that number. So a block with another's content, or one that was overwritten,
 * changes what comes out, and whatever is the same comes out the same.
 */
final class RememberingExecutor implements ModelExecutor {
  private final FakeExecutor shape;
  private final int vocab;
  private long[] cache = new long[0];

  /** Tokens that were run. */
  long computed;

  /** Fails the next step for these sequences, as a hook does. */
  final List<Long> failing = new ArrayList<>();

  RememberingExecutor(int vocab) {
    this.shape = new FakeExecutor(vocab);
    this.vocab = vocab;
  }

  @Override
  public ModelConfig config() {
    return shape.config();
  }

  @Override
  public long bytesPerBlock() {
    return 1;
  }

  @Override
  public void allocateCache(int blocks) {
    cache = new long[blocks * BLOCK_SIZE];
  }

  private static int at(SequenceInput s, int position) {
    return s.blocks()[position / BLOCK_SIZE] * BLOCK_SIZE + position % BLOCK_SIZE;
  }

  private static long mix(long a, long b) {
    long x = (a * 31 + b + 7) * 0x9e3779b97f4a7c15L;
    return x ^ x >>> 31;
  }

  @Override
  public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
    int count = (int) batch.logitRowCount();
    FloatBuffer logits =
        ByteBuffer.allocateDirect(count * vocab * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    int[] first = new int[batch.sequences().size()];
    Map<Integer, RuntimeException> failures = new HashMap<>();
    int row = 0;
    for (int i = 0; i < first.length; i++) {
      SequenceInput s = batch.sequences().get(i);
      first[i] = row;
      if (failing.contains(s.sequenceId())) {
        failures.put(i, new IllegalStateException("planned"));
      }
      computed += s.tokenCount();
      for (int t = 0; t < s.tokenCount(); t++) {
        int position = s.start() + t;
        long before =
            position == 0 ? mix(s.requestId().hashCode(), s.adapter()) : cache[at(s, position - 1)];
        long value = mix(before, s.tokens()[t] + 1);
        cache[at(s, position)] = value;
        if (t >= s.tokenCount() - s.logitRowCount()) {
          for (int token = 0; token < vocab; token++) {
            logits.put(row * vocab + token, (mix(value, token) >>> 40) / 1e6f);
          }
          row++;
        }
      }
    }
    return new ForwardResult(logits, vocab, first, failures);
  }

  @Override
  public void close() {}
}
