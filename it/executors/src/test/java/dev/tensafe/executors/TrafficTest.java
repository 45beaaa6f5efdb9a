package dev.tensafe.executors;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Steps as an engine makes them, at random, on the native executor: sequences of the base model, of
 * plain adapters and of a hook beside each other, cut anywhere, drafts that are taken back,
 * preempted, with block tables in any order. Every logit has the bits it has alone.
 */
class TrafficTest {
  private static final int SEQUENCES = 12;
  private static final int LONGEST = 70;
  private static final int STEPS = 60;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void everySequenceGivesWhatItGivesAlone(Numbers numbers, @TempDir Path dir) throws IOException {
    System.out.println("TrafficTest " + numbers + " seed " + seed);
    LoadedModel.write(dir, Numbers.MODEL, DType.F32);
    int blocks = SEQUENCES * Sequence.blocksOf(LONGEST);
    try (LoadedModel one = LoadedModel.open(dir, Kind.NATIVE, numbers.options(1), blocks);
        LoadedModel two = LoadedModel.open(dir, Kind.NATIVE, numbers.options(2), blocks);
        LowRankAdapter all = adapter(one.config(), 5, 1, ElementType.F32);
        LowRankAdapter some = adapter(one.config(), 16, 3, ElementType.BF16);
        LowRankAdapter few = adapter(one.config(), 1, 11, ElementType.F32)) {
      Map<Long, LowRankAdapter> adapters = Map.of(1L, all, 2L, some, 3L, few);
      List<Integer> free = new ArrayList<>();
      for (int i = 0; i < blocks; i++) {
        free.add(i);
      }
      Collections.shuffle(free, random);
      List<Sequence> sequences = new ArrayList<>();
      List<float[][]> want = new ArrayList<>();
      for (int i = 0; i < SEQUENCES; i++) {
        int[] tokens = random.ints(1 + random.nextInt(LONGEST), 0, LoadedModel.VOCAB).toArray();
        Sequence s = new Sequence(i, i % 4, tokens, take(free, Sequence.blocksOf(tokens.length)));
        want.add(Sequence.alone(one.executor(), s, hooks(adapters)));
        s.moveTo(0);
        sequences.add(s);
      }
      List<ForwardHook> hooks = hooks(adapters);
      for (int i = 0; i < STEPS; i++) {
        preempt(sequences, free);
        step(two.executor(), sequences, hooks);
        sequences.forEach(s -> s.assertBits(want.get((int) s.id()), "sequence " + s.id()));
      }
    }
  }

  private LowRankAdapter adapter(ModelConfig config, int rank, int every, ElementType type) {
    return RandomAdapter.of(config, rank, every, type, random);
  }

  /** Plain adapters, and a hook that changes the rows of two sequences, one of the base model. */
  private static List<ForwardHook> hooks(Map<Long, LowRankAdapter> adapters) {
    return List.of(
        new LoraHook(adapters::get), new ScaledHook(Map.of(4L, 0.05f, 5L, -0.03f, 8L, 0f)));
  }

  private static int[] take(List<Integer> free, int count) {
    int[] blocks = new int[count];
    for (int i = 0; i < count; i++) {
      blocks[i] = free.remove(free.size() - 1);
    }
    return blocks;
  }

  /** Some sequences lose their blocks, which others write then; finished ones begin again. */
  private void preempt(List<Sequence> sequences, List<Integer> free) {
    List<Sequence> out = new ArrayList<>();
    for (Sequence s : sequences) {
      if (s.left() == 0 || random.nextInt(12) == 0) {
        out.add(s);
        for (int block : s.blocks()) {
          free.add(block);
        }
      }
    }
    Collections.shuffle(free, random);
    out.forEach(s -> s.restart(take(free, s.blocks().length)));
  }

  private void step(ModelExecutor executor, List<Sequence> sequences, List<ForwardHook> hooks) {
    List<Sequence> active = new ArrayList<>(sequences);
    Collections.shuffle(active, random);
    active.subList(1 + random.nextInt(active.size()), active.size()).clear();
    if (random.nextInt(4) == 0) {
      draft(executor, active, hooks);
    }
    int most = 1 << random.nextInt(6);
    Sequence.step(executor, active, s -> Math.min(s.left(), 1 + random.nextInt(most)), hooks);
  }

  /** Tokens that turn out to be wrong: they are in the cache, and are overwritten. */
  private void draft(ModelExecutor executor, List<Sequence> active, List<ForwardHook> hooks) {
    List<SequenceInput> inputs = new ArrayList<>();
    for (Sequence s : active) {
      int count = Math.min(s.left(), 1 + random.nextInt(5));
      inputs.add(s.input(random.ints(count, 0, LoadedModel.VOCAB).toArray()));
    }
    executor.forward(new ForwardBatch(inputs), hooks);
  }
}
