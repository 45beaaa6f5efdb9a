package dev.tensafe.executors;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ModelExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the native executor gives for a token depends on its sequence alone, to the bit: not on the
 * rows beside it, on chunks, on threads.
 */
class SameBitsTest {
  private static final int MOST = 64;
  @TempDir private static Path dir;

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @BeforeAll
  static void write() throws IOException {
    LoadedModel.write(dir, Numbers.MODEL, DType.F32);
  }

  @BeforeEach
  void saySeed() {
    System.out.println("SameBitsTest seed " + seed);
  }

  private static LoadedModel open(Numbers numbers, int threads, int blocks) throws IOException {
    return LoadedModel.open(dir, Kind.NATIVE, numbers.options(threads), blocks);
  }

  private int[] tokens(int count) {
    return random.ints(count, 0, LoadedModel.VOCAB).toArray();
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void aRowAloneIsTheSameInBatchesOfOneToSixtyFour(Numbers numbers) throws IOException {
    int blocksEach = 4;
    try (LoadedModel model = open(numbers, 1, MOST * blocksEach)) {
      List<Sequence> all = new ArrayList<>();
      List<float[][]> want = new ArrayList<>();
      for (int i = 0; i < MOST; i++) {
        Sequence s = Sequence.at(i * blocksEach, i, tokens(1 + random.nextInt(50)));
        want.add(Sequence.alone(model.executor(), s, List.of()));
        all.add(s);
      }
      for (int batch = 1; batch <= MOST; batch++) {
        List<Sequence> some = all.subList(MOST - batch, MOST);
        some.forEach(s -> s.moveTo(s.tokens().length - 1));
        Sequence.step(model.executor(), some, s -> 1, List.of());
        for (Sequence s : some) {
          s.assertBits(want.get((int) s.id()), "batch of " + batch + ", sequence " + s.id());
        }
      }
      // and whole prompts of different lengths beside each other
      all.forEach(s -> s.moveTo(0));
      Sequence.step(model.executor(), all, Sequence::left, List.of());
      all.forEach(s -> s.assertBits(want.get((int) s.id()), "all prompts, sequence " + s.id()));
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void aPromptMayBeCutAnywhere(Numbers numbers) throws IOException {
    int length = 281;
    try (LoadedModel model = open(numbers, 1, Sequence.blocksOf(length))) {
      ModelExecutor executor = model.executor();
      Sequence whole = Sequence.at(0, 1, tokens(length));
      float[][] want = Sequence.alone(executor, whole, List.of());
      for (int border = 1; border < 40; border++) {
        Sequence s = Sequence.at(0, 1, whole.tokens());
        int first = border;
        Sequence.step(executor, List.of(s), x -> first, List.of());
        Sequence.step(executor, List.of(s), x -> 40 - first, List.of());
        s.assertBits(want, "cut at " + border);
      }
      for (int round = 0; round < 12; round++) {
        Sequence s = Sequence.at(0, 1, whole.tokens());
        int most = 1 << random.nextInt(9);
        while (s.left() > 0) {
          int count = Math.min(s.left(), 1 + random.nextInt(most));
          Sequence.step(executor, List.of(s), x -> count, List.of());
        }
        s.assertBits(want, "chunks up to " + most);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void threadsChangeNothing(Numbers numbers) throws IOException {
    int[][] prompts =
        IntStream.range(0, 5).mapToObj(i -> tokens(1 + random.nextInt(90))).toArray(int[][]::new);
    List<float[][]> want = new ArrayList<>();
    for (int threads : new int[] {1, 2, 3}) {
      try (LoadedModel model = open(numbers, threads, 5 * 6)) {
        List<Sequence> all = new ArrayList<>();
        for (int i = 0; i < prompts.length; i++) {
          all.add(Sequence.at(6 * i, i, prompts[i]));
        }
        Sequence.step(model.executor(), all, Sequence::left, List.of());
        if (threads == 1) {
          all.forEach(s -> want.add(s.logits()));
        }
        all.forEach(s -> s.assertBits(want.get((int) s.id()), threads + " threads"));
      }
    }
  }
}
