package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers at the edges stay with the sequence that has them, and come out as IEEE 754 says. */
class SpecialNumbersTest {
  static final float[] VALUES = {
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    1e30f,
    -1e19f,
    1e-30f,
    Float.MIN_NORMAL,
    1e-40f,
    Float.MIN_VALUE
  };
  private static final Predicate<Projection> EVERYWHERE = p -> true;

  @TempDir private Path dir;
  private final Random random = new Random(7);

  @BeforeEach
  void write() throws IOException {
    LoadedModel.write(dir, Numbers.MODEL, DType.F32);
  }

  private LoadedModel open(Numbers numbers, int blocks) throws IOException {
    return open(dir, numbers, blocks);
  }

  private static LoadedModel open(Path model, Numbers numbers, int blocks) throws IOException {
    return LoadedModel.open(model, Kind.NATIVE, numbers.options(1), blocks);
  }

  private int[] tokens(int count) {
    return random.ints(count, 20, LoadedModel.VOCAB).toArray();
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void othersKeepTheirBitsBesideThemAndInTheirBlocks(Numbers numbers) throws IOException {
    try (LoadedModel model = open(numbers, 16)) {
      ModelExecutor executor = model.executor();
      List<Sequence> all = new ArrayList<>();
      List<float[][]> want = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(Sequence.at(4 * i, i, tokens(33 + i)));
        want.add(Sequence.alone(executor, all.get(i), List.of()));
      }
      for (float value : VALUES) {
        for (ProjectionKind kind : ProjectionKind.values()) {
          ForwardHook poke = new PokeHook(2, value, 7, p -> p.kind() == kind);
          all.forEach(s -> s.moveTo(0));
          Sequence.step(executor, all, s -> 20, List.of(poke));
          Sequence.step(executor, all, Sequence::left, List.of(poke));
          for (int i : new int[] {0, 1, 3}) {
            all.get(i).assertBits(want.get(i), "beside " + value + " in " + kind);
          }
        }
        Sequence after = new Sequence(1, 0, all.get(1).tokens(), all.get(2).blocks());
        Sequence.step(executor, List.of(after), Sequence::left, List.of());
        after.assertBits(want.get(1), "where " + value + " was");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Numbers.class)
  void theResultIsWhatArithmeticGives(Numbers numbers) throws IOException {
    try (LoadedModel model = open(numbers, 4)) {
      Predicate<Projection> last = p -> p.layer() == 2 && p.kind() == ProjectionKind.DOWN;
      Sequence s = Sequence.at(0, 1, tokens(40));
      for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
        for (float[] row : poked(model, s, value, last)) {
          assertTrue(all(row, x -> x.isNaN()), "of " + value);
        }
      }
      // squares overflow: the norm divides by infinity, as in PyTorch
      for (float[] row : poked(model, s, 1e30f, last)) {
        assertTrue(all(row, x -> x == 0), "of 1e30");
      }
      // below the normal range is zero
      float[][] zero = poked(model, s, 0f, EVERYWHERE);
      assertArrayEquals(zero, poked(model, s, 1e-40f, EVERYWHERE));
      assertTrue(all(zero[39], Float::isFinite));
    }
  }

  /** Every output of some projections is the value. */
  private static float[][] poked(
      LoadedModel model, Sequence s, float value, Predicate<Projection> where) {
    return Sequence.alone(model.executor(), s, List.of(new PokeHook(1, value, 1, where)));
  }

  private static boolean all(float[] row, Predicate<Float> test) {
    for (float x : row) {
      if (!test.test(x)) {
        return false;
      }
    }
    return true;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aGateFarBelowZeroIsShut(Kind kind) throws IOException {
    try (LoadedModel model = LoadedModel.open(dir, kind, new ExecutorOptions(Format.F32, 1), 4)) {
      Predicate<Projection> gates = p -> p.kind() == ProjectionKind.GATE;
      Sequence s = Sequence.at(0, 1, tokens(20));
      float[][] shut = poked(model, s, -200f, gates);
      for (float value : new float[] {-1e30f, -Float.MAX_VALUE}) {
        float[][] got = poked(model, s, value, gates);
        for (int t = 0; t < shut.length; t++) {
          kind.assertRow(shut[t], got[t]);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(value = Numbers.class, names = "ALL_INT8", mode = EnumSource.Mode.EXCLUDE)
  void aTokensEmbeddingMayBeAnything(Numbers numbers) throws IOException {
    int[] tokens = tokens(30);
    float[][] clean;
    try (LoadedModel model = open(numbers, 8)) {
      clean = Sequence.alone(model.executor(), Sequence.at(0, 1, tokens), List.of());
    }
    float[] special = {Float.NaN, Float.NEGATIVE_INFINITY, 3e38f, 1e-40f, 0f};
    for (int i = 0; i < special.length; i++) {
      WeightPatch.row(dir, "model.embed_tokens.weight", i, special[i]);
    }
    try (LoadedModel model = open(numbers, 8)) {
      float[][][] got = new float[special.length][][];
      for (int i = 0; i < special.length; i++) {
        int[] own = tokens.clone();
        own[17] = i;
        got[i] = Sequence.alone(model.executor(), Sequence.at(i % 2, 1, own), List.of());
        for (int t = 0; t < 17; t++) {
          assertArrayEquals(clean[t], got[i][t], "before " + special[i]);
        }
        boolean lost = i < 2;
        for (int t = 17; t < 30; t++) {
          assertEquals(lost, all(got[i][t], x -> x.isNaN()), special[i] + " at " + t);
          assertEquals(lost, !all(got[i][t], Float::isFinite), special[i] + " at " + t);
        }
      }
      assertArrayEquals(got[4], got[3], "below the normal range is zero");
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aWeightMayBeNoNumberButNotInEightBits(float value) throws IOException {
    Sequence s = Sequence.at(0, 1, tokens(20));
    for (Numbers numbers : Numbers.values()) {
      float[][] clean;
      Path own = dir.resolve(numbers.name());
      LoadedModel.write(own, Numbers.MODEL, DType.F32);
      try (LoadedModel model = open(own, numbers, 4)) {
        clean = Sequence.alone(model.executor(), s, List.of());
      }
      WeightPatch.row(own, "lm_head.weight", 3, value);
      if (numbers.endsInEightBits()) {
        assertRefused(own, numbers);
        continue;
      }
      try (LoadedModel model = open(own, numbers, 4)) {
        float[][] got = Sequence.alone(model.executor(), s, List.of());
        for (int t = 0; t < 20; t++) {
          assertTrue(!Float.isFinite(got[t][3]));
          got[t][3] = clean[t][3];
        }
        assertArrayEquals(clean, got, "the other logits");
      }
      WeightPatch.row(own, "model.layers.1.self_attn.v_proj.weight", 5, value);
      if (numbers.eightBits()) {
        assertRefused(own, numbers);
      } else {
        try (LoadedModel model = open(own, numbers, 4)) {
          for (float[] row : Sequence.alone(model.executor(), s, List.of())) {
            assertTrue(all(row, x -> x.isNaN()));
          }
        }
      }
    }
  }

  private static void assertRefused(Path model, Numbers numbers) {
    CodedException e = assertThrows(CodedException.class, () -> open(model, numbers, 4).close());
    assertEquals("decoder.invalid_argument", e.code());
    assertTrue(e.getMessage().contains("weight"), e.getMessage());
  }
}
