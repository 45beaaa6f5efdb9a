package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.draft.DraftController;
import dev.tensafe.batching.draft.DraftPolicy;
import dev.tensafe.batching.draft.DraftRequest;
import dev.tensafe.batching.draft.Drafter;
import dev.tensafe.batching.draft.Drafting;
import dev.tensafe.batching.draft.FixedDrafts;
import dev.tensafe.batching.draft.ModelDrafter;
import dev.tensafe.batching.draft.PromptLookup;
import dev.tensafe.batching.sample.AdjustedRow;
import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever is guessed, and by whom: tokens, text, log-probabilities and ends are those of an engine
 * that does not guess and has one request at a time.
 */
class SpeculationEqualityTest {
  private static final int VOCAB = 300;
  private static final int EOS = 299;
  private static final int LONGEST = 160;

  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, VOCAB, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  /** What one output's listener hears. */
  private static final class Heard implements GenerationListener {
    final List<Integer> tokens = new ArrayList<>();
    final StringBuilder text = new StringBuilder();
    final List<TokenLogprob> logprobs = new ArrayList<>();
    List<TokenLogprob> scores = List.of();
    String end = "";

    @Override
    public void onPromptScored(List<TokenLogprob> given) {
      scores = given;
    }

    @Override
    public void onOutput(Output output) {
      assertEquals("", end);
      tokens.addAll(output.tokens());
      text.append(output.text());
      logprobs.addAll(output.logprobs());
    }

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      assertEquals(tokens.size(), outputTokens);
      assertEquals("", end);
      end = reason.name();
    }

    @Override
    public void onFailure(CodedException error) {
      end = error.code();
    }

    List<Object> all() {
      return List.of(tokens, text.toString(), logprobs, scores, end);
    }
  }

  /** A form whose masks are ready at once, or when they are asked for once more. */
  private static final class Form implements Constraint {
    boolean slow;

    @Override
    public LogitMask begin(Set<Integer> ends) {
      return new StatefulMask(this, ends);
    }
  }

  /** Allows tokens by a state that follows the output, as a grammar does; counts every token. */
  private static final class StatefulMask implements LogitMask {
    private final List<Integer> states = new ArrayList<>(List.of(1));
    private final Form form;
    private final Set<Integer> ends;
    private int prepared = -1;
    private int asked;

    StatefulMask(Form form, Set<Integer> ends) {
      this.form = form;
      this.ends = ends;
    }

    /** Ends may come where the state is even. */
    private boolean allows(int state, int id) {
      return ends.contains(id) ? state % 2 == 0 : (id * 31 + state) % 7 >= 3;
    }

    @Override
    public void prepare(int[] guesses) {
      prepared = states.size();
    }

    @Override
    public boolean await(long nanos) {
      assertEquals(states.size(), prepared, "a mask that was not prepared");
      return !form.slow || asked++ % 3 > 0;
    }

    @Override
    public boolean active() {
      return true;
    }

    @Override
    public void apply(AdjustedRow logits) {
      int state = states.get(states.size() - 1);
      long[] allowed = new long[(logits.size() + 63) / 64];
      for (int id = 0; id < logits.size(); id++) {
        if (allows(state, id)) {
          allowed[id / 64] |= 1L << id;
        }
      }
      logits.keepOnly(allowed, new int[0]);
    }

    @Override
    public void accept(int token) {
      int state = states.get(states.size() - 1);
      assertTrue(allows(state, token), "a token that was forbidden");
      states.add((state * 17 + token) % 1009);
    }

    @Override
    public void rewind(int tokens) {
      states.subList(states.size() - tokens, states.size()).clear();
    }
  }

  private record Case(GenerationRequest request) {
    private @Nullable Form form() {
      return (Form) request.constraint().orElse(null);
    }
  }

  private static Case request(Random random) {
    List<String> stops =
        random.nextInt(3) > 0 ? List.of() : List.of("ab", "\u0001", "é", "7", "xyz");
    boolean masked = random.nextInt(4) == 0;
    int minTokens = random.nextInt(3) == 0 ? random.nextInt(30) : 0;
    SamplingParams params =
        new SamplingParams(
            random.nextInt(3) == 0 ? 0 : 0.2 + random.nextDouble(),
            random.nextInt(3) == 0 ? 1 + random.nextInt(20) : 0,
            random.nextInt(3) == 0 ? 0.5 + random.nextDouble() / 2 : 1,
            random.nextInt(4) == 0 ? random.nextDouble() / 5 : 0,
            random.nextInt(3) == 0 ? 1 + random.nextDouble() / 3 : 1,
            random.nextInt(3) == 0 ? random.nextDouble() : 0,
            random.nextInt(3) == 0 ? random.nextDouble() / 2 : 0,
            random.nextInt(3) == 0
                ? Map.of(random.nextInt(EOS), 4f, EOS, random.nextInt(5) - 2f)
                : Map.of(),
            random.nextLong(),
            1 + random.nextInt(40),
            minTokens,
            !masked && random.nextInt(4) == 0,
            random.nextInt(4) == 0
                ? Set.of(random.nextInt(100), 100 + random.nextInt(100))
                : Set.of(),
            random.nextInt(3) - 1);
    int[] prompt = random.ints(1 + random.nextInt(50), 0, VOCAB - 1).toArray();
    if (random.nextBoolean()) {
      // a prompt that repeats itself
      for (int i = 5; i < prompt.length; i++) {
        prompt[i] = prompt[i % 5];
      }
    }
    long adapter = random.nextInt(3);
    Drafting drafting = Drafting.values()[Math.max(0, 2 - random.nextInt(6))];
    GenerationRequest.Builder request =
        GenerationRequest.of(prompt, params)
            .stopStrings(stops)
            .adapter(adapter, new CacheScope("" + adapter, "t", ""))
            .scorePrompt(random.nextInt(8) == 0)
            .drafting(random.nextInt(3) == 0 ? drafting : Drafting.FREE);
    return new Case((masked ? request.constraint(new Form()) : request).build());
  }

  private static Heard alone(Case c) {
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 1, 16, 50, 1000), 16, LONGEST, 100_000);
    EngineCore core =
        new EngineCore(
            config, new ChainedExecutor(VOCAB, 16, EOS), List.of(), tokenizer, () -> 1, s -> {});
    Heard heard = new Heard();
    add(core, 1, c, heard);
    while (core.hasWork()) {
      core.step();
    }
    return heard;
  }

  private static void add(EngineCore core, long id, Case c, Heard heard) {
    core.add(id, c.request(), heard, 0);
  }

  /** Knows how sequences go on, and says so, or not. */
  private static final class Oracle implements Drafter {
    final Map<Long, int[]> truth = new HashMap<>();
    final Random random;
    final double right;
    boolean closed;

    Oracle(Random random, double right) {
      this.random = random;
      this.right = right;
    }

    @Override
    public List<Draft> draft(List<DraftRequest> requests) {
      List<Draft> drafts = new ArrayList<>();
      for (DraftRequest request : requests) {
        int[] known = truth.get(request.sequence());
        int[] guess =
            new int[random.nextInt(4) == 0 ? random.nextInt(request.limit()) : request.limit()];
        for (int i = 0; i < guess.length; i++) {
          int at = request.count() + i;
          int token = at < known.length ? known[at] : random.nextInt(VOCAB);
          guess[i] = random.nextDouble() < right ? token : (token + 1) % VOCAB;
        }
        drafts.add(Draft.of(guess));
      }
      return drafts;
    }

    @Override
    public void ended(long sequence) {}

    @Override
    public void close() {
      closed = true;
    }
  }

  /** A policy that runs some of what is guessed, by chance. */
  private static DraftPolicy anyNumber(Random random) {
    return new DraftPolicy() {
      @Override
      public int[] limits(List<Candidate> candidates, int rows) {
        return candidates.stream()
            .mapToInt(c -> rows == 0 ? 0 : random.nextInt(Math.min(9, c.room()) + 1))
            .toArray();
      }

      @Override
      public int[] choose(List<Candidate> candidates, List<Draft> drafts, int rows) {
        int[] chosen = new int[drafts.size()];
        for (int i = 0; i < chosen.length; i++) {
          int length = drafts.get(i).length();
          chosen[i] = candidates.get(i).whole() ? length : random.nextInt(length + 1);
        }
        return chosen;
      }

      @Override
      public void verified(Candidate candidate, Draft draft, int accepted, boolean refuted) {
        assertTrue(accepted + (refuted ? 1 : 0) <= draft.length());
      }

      @Override
      public void stepped(int rows, int guesses, long verifyNanos) {
        assertTrue(guesses >= 0 && guesses < rows);
      }

      @Override
      public void ended(long id) {}
    };
  }

  private static long seed() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return seed;
  }

  /** Settings of one round: the requests run together, and some are given up. */
  private int round(Random random, String where, long[] totals) {
    List<Case> cases = new ArrayList<>();
    int count = 1 + random.nextInt(7);
    for (int i = 0; i < count; i++) {
      cases.add(request(random));
    }
    List<Heard> plain = cases.stream().map(SpeculationEqualityTest::alone).toList();
    boolean slow = random.nextBoolean();
    for (Case c : cases) {
      Form form = c.form();
      if (form != null) {
        form.slow = slow;
      }
    }
    int blocks = random.nextBoolean() ? 10 + random.nextInt(6) : 80;
    boolean prefixes = random.nextBoolean();
    int tokens = 8 + random.nextInt(40);
    int atOnce = 1 + random.nextInt(8);
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(
                Math.max(atOnce, tokens),
                Math.max(atOnce, 8 + random.nextInt(30)),
                atOnce,
                16,
                50,
                1000),
            blocks,
            LONGEST,
            100_000,
            prefixes ? PrefixSharing.of("m") : PrefixSharing.OFF);
    double[] shares = {0, 0.5, 0.9, 1};
    Oracle oracle = new Oracle(random, shares[random.nextInt(4)]);
    for (int i = 0; i < count; i++) {
      int[] prompt = cases.get(i).request().promptTokens();
      List<Integer> out = plain.get(i).tokens;
      int[] all = java.util.Arrays.copyOf(prompt, prompt.length + out.size());
      for (int j = 0; j < out.size(); j++) {
        all[prompt.length + j] = out.get(j);
      }
      oracle.truth.put((long) i, all);
    }
    Drafter drafter = random.nextInt(3) == 0 ? new PromptLookup() : oracle;
    DraftPolicy policy =
        switch (random.nextInt(3)) {
          case 0 -> new DraftController(1 + random.nextInt(8), drafter::assumed);
          case 1 -> new FixedDrafts(1 + random.nextInt(8));
          default -> anyNumber(random);
        };
    ChainedExecutor executor = new ChainedExecutor(VOCAB, blocks, EOS);
    AtomicLong now = new AtomicLong();
    EngineCore core =
        new EngineCore(
            config,
            executor,
            List.of(),
            tokenizer,
            () -> now.addAndGet(1000 + random.nextInt(1000)),
            Optional.of(new Speculation(drafter, policy)),
            s -> {});
    core.addListener(
        report -> {
          totals[0] += report.drafts().tokens();
          totals[1] += report.drafts().accepted().stream().mapToInt(i -> i).sum();
        });
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    List<Heard> heard = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      heard.add(new Heard());
    }
    int next = 0;
    int givenUp = random.nextInt(3) == 0 ? random.nextInt(count) : -1;
    while (next < count || core.hasWork()) {
      if (next < count && (random.nextInt(3) == 0 || !core.hasWork())) {
        int i = order.get(next++);
        add(core, i, cases.get(i), heard.get(i));
      }
      core.step();
      if (givenUp >= 0 && !heard.get(givenUp).tokens.isEmpty() && random.nextInt(5) == 0) {
        core.abandon(
            givenUp, new EngineException(EngineException.Kind.FAILED, "engine.cancelled", "gone"));
      }
    }
    assertEquals(0, core.status().usedBlocks(), where);
    assertEquals(0, core.status().internalErrors(), where);
    totals[2] += core.status().preemptions();
    for (int i = 0; i < count; i++) {
      if (heard.get(i).end.equals("engine.cancelled")) {
        int had = heard.get(i).tokens.size();
        assertEquals(plain.get(i).tokens.subList(0, had), heard.get(i).tokens, where);
        assertEquals(
            plain.get(i).logprobs.subList(0, heard.get(i).logprobs.size()), heard.get(i).logprobs);
        assertTrue(plain.get(i).text.toString().startsWith(heard.get(i).text.toString()), where);
      } else {
        assertEquals(plain.get(i).all(), heard.get(i).all(), where + " sequence " + i);
      }
    }
    core.close();
    assertTrue(drafter != oracle || oracle.closed);
    return count;
  }

  @Test
  void tenThousandSettingsGiveWhatTheyGiveAlone() {
    long seed = seed();
    long[] totals = new long[3];
    int settings = 0;
    for (int round = 0; settings < 10_000; round++) {
      settings += round(new Random(seed + round), "seed " + (seed + round), totals);
    }
    System.out.println(
        settings
            + " settings, "
            + totals[0]
            + " guesses, "
            + totals[1]
            + " right, "
            + totals[2]
            + " preemptions");
    assertTrue(totals[0] > 20_000, totals[0] + " guesses");
    assertTrue(totals[1] > 5_000, totals[1] + " right guesses");
    assertTrue(totals[2] > 50, totals[2] + " preemptions");
  }

  /** One output of 30 tokens with a drafter; how many errors were reported. */
  private static long errors(Drafter drafter, DraftPolicy policy) {
    Case c =
        new Case(
            GenerationRequest.of(new int[] {1, 2, 3, 1, 2}, SamplingParams.greedy(30)).build());
    Heard plain = alone(c);
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 4, 16, 50, 1000), 40, LONGEST, 100_000);
    ChainedExecutor executor = new ChainedExecutor(VOCAB, 40, EOS);
    EngineCore core =
        new EngineCore(
            config,
            executor,
            List.of(),
            tokenizer,
            () -> 1,
            Optional.of(new Speculation(drafter, policy)),
            s -> {});
    List<Heard> heard = List.of(new Heard(), new Heard());
    for (int i = 0; i < 2; i++) {
      add(core, i, c, heard.get(i));
    }
    while (core.hasWork()) {
      core.step();
    }
    for (Heard h : heard) {
      assertEquals(plain.all(), h.all());
    }
    return core.status().internalErrors();
  }

  private interface Guessing extends Drafter {
    @Override
    default void ended(long sequence) {}

    @Override
    default void close() {}
  }

  private static List<Draft> forEach(List<DraftRequest> requests, int... tokens) {
    return Collections.nCopies(requests.size(), Draft.of(tokens));
  }

  @Test
  void aDrafterThatBreaksItsContractIsReportedOnceAndLeftOut() {
    DraftPolicy four = new FixedDrafts(4);
    List<Guessing> bad =
        List.of(
            requests -> forEach(requests, VOCAB),
            requests -> forEach(requests, -1),
            requests -> forEach(requests, 1, Integer.MAX_VALUE),
            requests -> forEach(requests, Integer.MIN_VALUE),
            requests -> forEach(requests, 1, 2, 3, 4, 5),
            requests -> forEach(requests, new int[100_000]),
            requests -> List.of(),
            requests -> List.of(Draft.NONE),
            requests -> Collections.nCopies(3, Draft.NONE),
            requests -> Collections.nCopies(requests.size(), null),
            requests -> null,
            requests -> {
              throw new IllegalStateException("planned");
            },
            requests -> {
              throw new StackOverflowError("planned");
            },
            requests -> {
              throw new OutOfMemoryError("planned");
            });
    for (Guessing drafter : bad) {
      assertEquals(1, errors(drafter, four));
    }
    Guessing throwsAtTheEnd =
        new Guessing() {
          @Override
          public List<Draft> draft(List<DraftRequest> requests) {
            return forEach(requests, 5);
          }

          @Override
          public void ended(long sequence) {
            throw new IllegalStateException("planned");
          }
        };
    assertEquals(1, errors(throwsAtTheEnd, four));
  }

  /** Reads as it is told, and counts. */
  private static final class Reader implements Guessing {
    private final Function<List<DraftRequest>, Drafter.Reading> reads;
    int read;
    int drafts;

    Reader(Function<List<DraftRequest>, Drafter.Reading> reads) {
      this.reads = reads;
    }

    @Override
    public Reading read(List<DraftRequest> requests) {
      read++;
      return reads.apply(requests);
    }

    @Override
    public List<Draft> draft(List<DraftRequest> requests) {
      drafts += requests.size();
      return forEach(requests, 5);
    }
  }

  private static Drafter.Reading first(int count) {
    BitSet set = new BitSet();
    set.set(0, count);
    return new Drafter.Reading(set, count);
  }

  @Test
  void aDrafterThatFailsToReadIsReportedOnceAndLeftOut() {
    List<Function<List<DraftRequest>, Drafter.Reading>> bad =
        List.of(
            requests -> first(requests.size() + 1),
            requests -> null,
            requests -> {
              throw new IllegalStateException("planned");
            },
            requests -> {
              throw new OutOfMemoryError("planned");
            });
    for (Function<List<DraftRequest>, Drafter.Reading> reads : bad) {
      Reader drafter = new Reader(reads);
      assertEquals(1, errors(drafter, new FixedDrafts(4)));
      assertEquals(1, drafter.read);
      assertEquals(0, drafter.drafts);
    }
  }

  @Test
  void onlyWhoHasBeenReadIsAskedForGuesses() {
    Reader never = new Reader(requests -> first(0));
    assertEquals(0, errors(never, new FixedDrafts(4)));
    assertTrue(never.read > 5, never.read + " times");
    assertEquals(0, never.drafts);
    Reader one = new Reader(requests -> first(1));
    assertEquals(0, errors(one, new FixedDrafts(4)));
    assertEquals(one.read, one.drafts);
  }

  @Test
  void aDraftModelWhoseWeightsAreNoNumbersHarmsNobody(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(32, 48, 2, 2, 1, VOCAB, 256), DType.F32, 3);
    Path weights = dir.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    // one more than a float in two, after the header
    ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 8 + (int) floats.getLong(0); at + 4 <= bytes.length; at += 8) {
      floats.putFloat(at, Float.NaN);
    }
    Files.write(weights, bytes);
    try (ModelFiles files = ModelFiles.open(dir, Clock.systemUTC())) {
      ModelExecutor executor =
          new NativeExecutorFactory()
              .create(
                  files.config(),
                  files.checkpoint(),
                  new ExecutorOptions(ExecutorOptions.Format.F32, 1));
      executor.allocateCache(40);
      try (ModelDrafter drafter = new ModelDrafter(executor, 40, 128, Set.of())) {
        // two sequences each time; with the fourth that fails it is turned off
        assertEquals(0, errors(drafter, new FixedDrafts(4)));
        assertFalse(drafter.off());
        assertEquals(0, errors(drafter, new DraftController(4, drafter::assumed)));
        assertEquals(0, errors(drafter, new FixedDrafts(4)));
        assertTrue(drafter.off());
        assertEquals(0, errors(drafter, new FixedDrafts(4)));
      }
    }
  }

  @Test
  void aDrafterThatIsAlwaysWrongHarmsNobody() {
    Guessing zeros =
        requests -> requests.stream().map(r -> Draft.of(new int[Math.min(4, r.limit())])).toList();
    assertEquals(0, errors(zeros, new FixedDrafts(4)));
    assertEquals(0, errors((Guessing) requests -> forEach(requests), new FixedDrafts(4)));
  }

  @Test
  void aPolicyThatAsksForTooMuchIsHeldToWhatFits() {
    DraftPolicy greedy =
        new DraftPolicy() {
          @Override
          public int[] limits(List<Candidate> candidates, int rows) {
            return candidates.stream().mapToInt(c -> Integer.MAX_VALUE).toArray();
          }

          @Override
          public int[] choose(List<Candidate> candidates, List<Draft> drafts, int rows) {
            return drafts.stream().mapToInt(Draft::length).toArray();
          }

          @Override
          public void verified(Candidate candidate, Draft draft, int accepted, boolean refuted) {}

          @Override
          public void stepped(int rows, int guesses, long verifyNanos) {}

          @Override
          public void ended(long id) {}
        };
    assertEquals(0, errors(new PromptLookup(), greedy));
  }
}
