package dev.tensafe.batching.draft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.sample.AdjustedRow;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.MaskChain;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.synthetic.TruncatedModel;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The guesses of a small model are those of that model over the whole text, whatever came before.
 */
class ModelDrafterTest {
  private static final int VOCABULARY = 300;
  private static final int POSITIONS = 256;

  private static ModelFiles large;
  private static ModelFiles small;

  private final List<ModelExecutor> opened = new ArrayList<>();

  @BeforeAll
  static void write(@TempDir Path dir) throws IOException {
    Path model = dir.resolve("model");
    SyntheticModel.write(
        model, SyntheticModel.llama(32, 48, 3, 2, 1, VOCABULARY, POSITIONS), DType.F32, 7);
    TruncatedModel.write(model, dir.resolve("draft"), 2);
    large = ModelFiles.open(model, Clock.systemUTC());
    small = ModelFiles.open(dir.resolve("draft"), Clock.systemUTC());
  }

  @AfterAll
  static void close() {
    large.close();
    small.close();
  }

  @AfterEach
  void closeExecutors() {
    opened.forEach(ModelExecutor::close);
  }

  private ModelExecutor executor(ModelFiles files, int blocks) {
    ModelExecutor made =
        new NativeExecutorFactory()
            .create(
                files.config(),
                files.checkpoint(),
                new ExecutorOptions(ExecutorOptions.Format.F32, 1));
    made.allocateCache(blocks);
    opened.add(made);
    return made;
  }

  /** An executor that counts, and does as it is told. */
  private static final class Watched implements ModelExecutor {
    private final ModelExecutor target;
    int rows;
    int steps;
    boolean broken;
    boolean noNumbers;

    Watched(ModelExecutor target) {
      this.target = target;
    }

    @Override
    public ModelConfig config() {
      return target.config();
    }

    @Override
    public long bytesPerBlock() {
      return target.bytesPerBlock();
    }

    @Override
    public void allocateCache(int blocks) {
      target.allocateCache(blocks);
    }

    @Override
    public ForwardResult forward(ForwardBatch batch, List<ForwardHook> hooks) {
      if (broken) {
        throw new IllegalStateException("broken");
      }
      rows += batch.tokenCount();
      steps++;
      ForwardResult result = target.forward(batch, hooks);
      if (noNumbers) {
        FloatBuffer logits = result.logits();
        for (int i = 0; i < logits.limit(); i++) {
          logits.put(i, Float.NaN);
        }
      }
      return result;
    }

    @Override
    public void close() {}
  }

  private static SamplingParams params(double temperature, long seed, double penalty) {
    return new SamplingParams(
        temperature, 40, 0.95, 0, penalty, 0, 0, Map.of(), seed, 100, 0, true, Set.of(), -1);
  }

  private static DraftRequest request(
      long sequence, int[] tokens, int count, int prompt, int limit, SamplingParams params) {
    return new DraftRequest(sequence, tokens, count, prompt, limit, params, MaskChain.NONE);
  }

  private static int[] random(Random random, int length) {
    return random.ints(length, 0, VOCABULARY).toArray();
  }

  /** Plain decoding, the whole text anew for each token. */
  private static int[] decode(ModelExecutor executor, DraftRequest r) {
    Sampler sampler = new Sampler(VOCABULARY);
    int[] tokens = Arrays.copyOf(r.tokens(), r.count() + r.limit());
    int[] blocks = new int[POSITIONS / ModelExecutor.BLOCK_SIZE];
    Arrays.setAll(blocks, i -> i);
    for (int count = r.count(); count < tokens.length; count++) {
      SequenceInput input =
          new SequenceInput(
              1,
              "",
              SequenceInput.BASE,
              Arrays.copyOf(tokens, count),
              0,
              r.promptLength(),
              blocks,
              SequenceInput.LogitRows.LAST);
      ForwardResult result = executor.forward(new ForwardBatch(List.of(input)), List.of());
      tokens[count] =
          sampler.token(result.row(0), tokens, count, r.promptLength(), r.params(), MaskChain.NONE);
    }
    return Arrays.copyOfRange(tokens, r.count(), tokens.length);
  }

  @Test
  void guessesAreWhatTheModelItselfGoesOnWithAtAnyTemperature() {
    ModelExecutor oracle = executor(large, 16);
    ModelDrafter drafter = new ModelDrafter(executor(large, 64), 64, 300, Set.of());
    Random random = new Random(3);
    for (double temperature : new double[] {0, 0.7, 1.5}) {
      for (double penalty : new double[] {1, 1.3}) {
        int[] prompt = random(random, 20);
        DraftRequest r =
            request(random.nextLong(), prompt, 20, 20, 9, params(temperature, 11, penalty));
        assertArrayEquals(decode(oracle, r), drafter.draft(List.of(r)).get(0).tokens());
      }
    }
  }

  /** Texts that grow by what was guessed, by something else, that are cut, and come back. */
  @Test
  void whatTurnedOutDifferentlyIsDropped() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    ModelExecutor oracle = executor(small, 16);
    Watched watched = new Watched(executor(small, 40));
    // room for some of the sequences only
    ModelDrafter drafter = new ModelDrafter(watched, 40, 64, Set.of());
    Map<Long, int[]> texts = new HashMap<>();
    Map<Long, Integer> prompts = new HashMap<>();
    int guessed = 0;
    for (int round = 0; round < 150; round++) {
      List<DraftRequest> requests = new ArrayList<>();
      for (long id = 0; id < 8; id++) {
        if (random.nextInt(3) == 0) {
          continue;
        }
        if (!texts.containsKey(id) || random.nextInt(25) == 0) {
          drafter.ended(id);
          texts.put(id, random(random, 1 + random.nextInt(100)));
          prompts.put(id, texts.get(id).length);
        }
        int[] text = texts.get(id);
        SamplingParams params = params(id % 2 == 0 ? 0 : 0.9, id, 1);
        requests.add(
            request(id, text, text.length, prompts.get(id), 1 + random.nextInt(5), params));
      }
      if (requests.isEmpty()) {
        continue;
      }
      List<Draft> found = drafter.draft(requests);
      assertEquals(requests.size(), found.size());
      for (int i = 0; i < found.size(); i++) {
        DraftRequest r = requests.get(i);
        int[] own = found.get(i).tokens();
        assertTrue(own.length <= r.limit());
        assertArrayEquals(Arrays.copyOf(decode(oracle, r), own.length), own);
        guessed += own.length;
        int accepted = random.nextInt(own.length + 1);
        int[] next = Arrays.copyOf(r.tokens(), r.count() + accepted + 1);
        System.arraycopy(own, 0, next, r.count(), accepted);
        next[r.count() + accepted] = random.nextInt(VOCABULARY);
        if (random.nextInt(10) == 0) {
          next = Arrays.copyOf(next, prompts.get(r.sequence())); // rewound
        }
        texts.put(r.sequence(), next.length < 200 ? next : random(random, 5));
        prompts.merge(r.sequence(), texts.get(r.sequence()).length, Math::min);
      }
    }
    assertTrue(guessed > 500, guessed + " guesses");
    assertFalse(drafter.off());
  }

  @Test
  void aStepRunsOnlyWhatIsNew() {
    Watched watched = new Watched(executor(small, 64));
    ModelDrafter drafter = new ModelDrafter(watched, 64, 300, Set.of());
    int[] prompt = random(new Random(5), 50);
    SamplingParams greedy = SamplingParams.greedy(100);
    int[] first = drafter.draft(List.of(request(1, prompt, 50, 50, 4, greedy))).get(0).tokens();
    assertEquals(50 + 3, watched.rows);
    assertEquals(4, first.length);
    // all of them right, and one more token
    int[] next = Arrays.copyOf(prompt, 55);
    System.arraycopy(first, 0, next, 50, 4);
    watched.rows = 0;
    drafter.draft(List.of(request(1, next, 55, 50, 4, greedy)));
    assertEquals(2 + 3, watched.rows);
    // the second of the four wrong
    next[56 - 1 - 3] = (first[1] + 1) % VOCABULARY;
    watched.rows = 0;
    drafter.draft(List.of(request(1, next, 53, 50, 1, greedy)));
    assertEquals(1, watched.steps - 8);
    assertTrue(watched.rows <= 3, watched.rows + " rows");
  }

  @Test
  void longPromptsAreCaughtUpWithInPiecesAndHoldNobodyUp() {
    Watched watched = new Watched(executor(small, 64));
    ModelDrafter drafter = new ModelDrafter(watched, 64, 32, Set.of());
    Random random = new Random(6);
    SamplingParams greedy = SamplingParams.greedy(100);
    DraftRequest shortOne = request(1, random(random, 3), 3, 3, 2, greedy);
    DraftRequest longOne = request(2, random(random, 100), 100, 100, 2, greedy);
    for (int call = 0; call < 3; call++) {
      watched.rows = 0;
      List<Draft> found = drafter.draft(List.of(longOne, shortOne));
      assertEquals(0, found.get(0).length());
      assertEquals(2, found.get(1).length());
      assertTrue(watched.rows <= 32 + 3 + 2, watched.rows + " rows");
    }
    assertEquals(2, drafter.draft(List.of(longOne, shortOne)).get(0).length());
  }

  @Test
  void promptsAreReadInPiecesBeforeGuessesAreAskedFor() {
    Watched watched = new Watched(executor(small, 64));
    ModelDrafter drafter = new ModelDrafter(watched, 64, 32, Set.of());
    Random random = new Random(6);
    SamplingParams greedy = SamplingParams.greedy(100);
    List<DraftRequest> two =
        List.of(
            request(2, random(random, 100), 100, 100, 2, greedy),
            request(1, random(random, 3), 3, 3, 2, greedy));
    // the last 16 tokens are left for the guess
    for (int call = 0; call < 2; call++) {
      watched.rows = 0;
      assertEquals(BitSet.valueOf(new long[] {0b10}), drafter.read(two).ready());
      assertEquals(32, watched.rows);
    }
    watched.rows = 0;
    assertEquals(BitSet.valueOf(new long[] {0b11}), drafter.read(two).ready());
    assertEquals(32, watched.rows);
    assertEquals(BitSet.valueOf(new long[] {0b11}), drafter.read(two).ready());
    assertEquals(32, watched.rows);
    watched.rows = 0;
    ModelDrafter fresh = new ModelDrafter(executor(small, 64), 64, 300, Set.of());
    int[] expected = fresh.draft(two).get(0).tokens();
    assertEquals(2, expected.length);
    assertArrayEquals(expected, drafter.draft(two).get(0).tokens());
    assertEquals(4 + 1 + 3 + 1, watched.rows);
  }

  @Test
  void aModelThatFailsWhileItReadsIsLeftAlone() {
    Watched watched = new Watched(executor(small, 40));
    ModelDrafter drafter = new ModelDrafter(watched, 40, 300, Set.of());
    watched.broken = true;
    int[] text = random(new Random(12), 40);
    DraftRequest r = request(1, text, 40, 40, 3, SamplingParams.greedy(50));
    assertTrue(drafter.read(List.of(r)).ready().isEmpty());
    assertTrue(drafter.off());
    watched.broken = false;
    assertTrue(drafter.read(List.of(r)).ready().isEmpty());
    assertEquals(0, watched.steps);
  }

  @Test
  void whatIsBeyondTheModelsPositionsOrItsRoomIsNeverReady() {
    Watched watched = new Watched(executor(small, 3));
    ModelDrafter drafter = new ModelDrafter(watched, 3, 300, Set.of());
    SamplingParams greedy = SamplingParams.greedy(50);
    int[] text = random(new Random(14), POSITIONS + 4);
    for (int call = 0; call < 3; call++) {
      assertTrue(
          drafter
              .read(
                  List.of(
                      request(1, text, POSITIONS + 1, 5, 3, greedy),
                      request(2, text, 100, 5, 3, greedy)))
              .ready()
              .isEmpty());
    }
    assertEquals(0, watched.rows);
    assertFalse(drafter.off());
  }

  @Test
  void whoFindsNoRoomGetsNoGuess() {
    ModelDrafter drafter = new ModelDrafter(executor(small, 3), 3, 300, Set.of());
    Random random = new Random(8);
    SamplingParams greedy = SamplingParams.greedy(100);
    List<Draft> found =
        drafter.draft(
            List.of(
                request(1, random(random, 16), 16, 16, 4, greedy),
                request(2, random(random, 30), 30, 30, 4, greedy),
                request(3, random(random, 60), 60, 60, 4, greedy)));
    assertEquals(
        List.of(1, 3, 0),
        List.of(found.get(0).length(), found.get(1).length(), found.get(2).length()));
    // the blocks of those that are not asked for are taken
    assertEquals(
        4,
        drafter.draft(List.of(request(4, random(random, 40), 40, 40, 4, greedy))).get(0).length());
  }

  @Test
  void nothingIsGuessedBeyondTheModelsPositionsOrAnEnd() {
    ModelDrafter drafter = new ModelDrafter(executor(small, 40), 40, 300, Set.of());
    int[] text = random(new Random(9), POSITIONS + 4);
    SamplingParams greedy = SamplingParams.greedy(100);
    assertEquals(
        3, drafter.draft(List.of(request(1, text, POSITIONS - 2, 5, 9, greedy))).get(0).length());
    assertEquals(
        0, drafter.draft(List.of(request(2, text, POSITIONS + 1, 5, 9, greedy))).get(0).length());
    int[] all = drafter.draft(List.of(request(3, text, 20, 5, 3, greedy))).get(0).tokens();
    ModelDrafter ending = new ModelDrafter(executor(small, 40), 40, 300, Set.of(all[0]));
    assertArrayEquals(
        new int[] {all[0]},
        ending.draft(List.of(request(3, text, 20, 5, 3, greedy))).get(0).tokens());
  }

  /** Allows the multiples of three, then what follows the sum of what was accepted. */
  private static final class Sum implements LogitMask {
    private final List<Integer> accepted = new ArrayList<>();

    @Override
    public boolean active() {
      return true;
    }

    @Override
    public void apply(AdjustedRow logits) {
      int sum = accepted.stream().mapToInt(Integer::intValue).sum();
      for (int t = 0; t < logits.size(); t++) {
        if (t % 3 != sum % 3) {
          logits.set(t, Float.NEGATIVE_INFINITY);
        }
      }
    }

    @Override
    public void accept(int token) {
      accepted.add(token);
    }

    @Override
    public void rewind(int tokens) {
      accepted.subList(accepted.size() - tokens, accepted.size()).clear();
    }
  }

  @Test
  void guessesKeepToTheMaskWhichIsAsBeforeAfterwards() {
    ModelDrafter drafter = new ModelDrafter(executor(small, 40), 40, 300, Set.of());
    Sum mask = new Sum();
    mask.accept(7);
    int[] text = random(new Random(10), 12);
    int[] found =
        drafter
            .draft(List.of(new DraftRequest(1, text, 12, 11, 6, SamplingParams.greedy(50), mask)))
            .get(0)
            .tokens();
    assertEquals(6, found.length);
    int sum = 7;
    for (int token : found) {
      assertEquals(sum % 3, token % 3);
      sum += token;
    }
    assertEquals(List.of(7), mask.accepted);
  }

  @Test
  void aModelThatFailsIsLeftAlone() {
    Watched watched = new Watched(executor(small, 40));
    ModelDrafter drafter = new ModelDrafter(watched, 40, 300, Set.of());
    int[] text = random(new Random(12), 20);
    watched.broken = true;
    DraftRequest r = request(1, text, 20, 20, 3, SamplingParams.greedy(50));
    assertEquals(0, drafter.draft(List.of(r)).get(0).length());
    assertTrue(drafter.off());
    watched.broken = false;
    assertEquals(0, drafter.draft(List.of(r)).get(0).length());
    assertEquals(0, watched.steps);
  }

  @Test
  void rowsThatAreNoNumbersEndTheGuessesOfTheirSequenceAndAfterFourOfAll() {
    Watched watched = new Watched(executor(small, 40));
    ModelDrafter drafter = new ModelDrafter(watched, 40, 300, Set.of());
    int[] text = random(new Random(13), 20);
    SamplingParams greedy = SamplingParams.greedy(50);
    watched.noNumbers = true;
    assertEquals(0, drafter.draft(List.of(request(1, text, 20, 20, 3, greedy))).get(0).length());
    assertFalse(drafter.off());
    watched.noNumbers = false;
    watched.steps = 0;
    assertEquals(0, drafter.draft(List.of(request(1, text, 20, 20, 3, greedy))).get(0).length());
    assertEquals(0, watched.steps);
    assertEquals(3, drafter.draft(List.of(request(2, text, 20, 20, 3, greedy))).get(0).length());
    watched.noNumbers = true;
    for (long id = 3; id < 7; id++) {
      assertFalse(drafter.off());
      drafter.draft(List.of(request(id, text, 20, 20, 3, greedy)));
    }
    assertTrue(drafter.off());
  }
}
