package dev.tensafe.server.structured;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Masks against a matcher that follows the whole output anew for each token. */
class GrammarMaskTest {
  private static final int END = 60;
  private static final int OTHER_END = 61;
  private static final int[] PROMPT = {1};

  private static TokenTrie trie() {
    List<byte[]> texts = new ArrayList<>();
    for (String text : "( ) + 1 2 12 1+ ()) (( )+( +1 2) ab".split(" ")) {
      texts.add(text.getBytes(UTF_8));
    }
    while (texts.size() < 64) {
      texts.add(texts.size() == OTHER_END ? "2".getBytes(UTF_8) : new byte[0]);
    }
    return TokenTrie.of(texts);
  }

  /** Sums of numbers and of sums in brackets. */
  private static CompiledGrammar sums() {
    Regexes regexes = new Regexes(10_000);
    Grammar.Builder b = new Grammar.Builder(regexes, 1000);
    int sum = b.rule();
    int part = b.rule();
    int plus = b.terminal(regexes.literal("+".getBytes(UTF_8)));
    b.produce(sum, part);
    b.produce(sum, sum, plus, part);
    b.produce(part, b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "[12]{1,3}", "")));
    b.produce(
        part,
        b.terminal(regexes.literal("(".getBytes(UTF_8))),
        sum,
        b.terminal(regexes.literal(")".getBytes(UTF_8))));
    return new CompiledGrammar(b.build(sum), trie());
  }

  private final CompiledGrammar grammar = sums();

  private Matcher anew(List<Integer> output) {
    Matcher matcher = grammar.matcher();
    output.forEach(token -> assertTrue(matcher.accept(token)));
    return matcher;
  }

  private static boolean allowed(Matcher matcher, int token) {
    if (token == END || token == OTHER_END) {
      return matcher.mayEnd();
    }
    return (matcher.mask()[token / 64] & 1L << token) != 0;
  }

  private static FloatBuffer row(Random random) {
    FloatBuffer row =
        ByteBuffer.allocateDirect(64 * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < 64; i++) {
      row.put(i, (float) random.nextGaussian());
    }
    return row;
  }

  private static int greedy(Sampler sampler, FloatBuffer row, LogitMask mask) {
    return sampler.token(row, PROMPT, 1, 1, SamplingParams.greedy(9), mask);
  }

  private void walk(Random random, Executor workers, String where) {
    Sampler sampler = new Sampler(64);
    LogitMask mask = new GrammarMask(grammar.matcher(), Set.of(END, OTHER_END), workers);
    List<Integer> output = new ArrayList<>();
    for (int step = 0; step < 60; step++) {
      Matcher expected = anew(output);
      if (random.nextInt(3) > 0) {
        mask.prepare(guesses(random, anew(output)));
      }
      if (random.nextBoolean()) {
        assertTrue(mask.await(10_000_000_000L));
      }
      FloatBuffer row = row(random);
      int best = -1;
      for (int token = 0; token < 64; token++) {
        if (allowed(expected, token) && (best < 0 || row.get(token) > row.get(best))) {
          best = token;
        }
      }
      int token = greedy(sampler, row, mask);
      assertEquals(best, token, where + ", after " + output);
      mask.accept(token);
      if (token == END || token == OTHER_END) {
        mask.rewind(1);
        continue;
      }
      output.add(token);
      if (random.nextInt(6) == 0) {
        if (random.nextBoolean()) {
          mask.prepare(guesses(random, anew(output)));
        }
        int dropped = random.nextInt(output.size() + 1);
        mask.rewind(dropped);
        output.subList(output.size() - dropped, output.size()).clear();
      }
    }
  }

  /** Tokens that may follow each other, and at the end perhaps one that may not. */
  private static int[] guesses(Random random, Matcher from) {
    List<Integer> out = new ArrayList<>();
    while (out.size() < 4 && random.nextInt(4) > 0) {
      int token = random.nextInt(64);
      if (random.nextInt(8) == 0) {
        out.add(token);
        break;
      }
      if (from.accept(token)) {
        out.add(token);
      }
    }
    return out.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void masksAreThoseOfTheOutputWhateverWasGuessedAndDropped() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    ExecutorService workers = Executors.newFixedThreadPool(2);
    try {
      for (int i = 0; i < 300; i++) {
        Random random = new Random(seed + i);
        walk(random, i % 2 == 0 ? workers : Runnable::run, "seed " + (seed + i));
      }
    } finally {
      workers.shutdownNow();
    }
  }

  @Test
  void oneThatIsNotReadySaysSo() {
    Deque<Runnable> later = new ArrayDeque<>();
    LogitMask mask = new GrammarMask(grammar.matcher(), Set.of(END), later::add);
    assertTrue(mask.await(0)); // nothing was begun: it is made when it is needed
    mask.prepare(new int[0]);
    assertFalse(mask.await(1));
    mask.prepare(new int[] {3});
    assertEquals(1, later.size());
    later.remove().run();
    assertTrue(mask.await(0));
  }

  @Test
  void goingBackWaitsForNobody() {
    Deque<Runnable> later = new ArrayDeque<>();
    LogitMask mask = new GrammarMask(grammar.matcher(), Set.of(END), later::add);
    for (int token : new int[] {3, 6}) {
      mask.prepare(new int[0]);
      later.remove().run();
      assertEquals(token, greedy(new Sampler(64), only(token), mask));
      mask.accept(token);
    }
    mask.prepare(new int[0]);
    mask.rewind(1);
    mask.prepare(new int[0]);
    mask.rewind(1);
    mask.prepare(new int[] {3});
    while (!later.isEmpty()) {
      assertFalse(mask.await(0));
      later.remove().run();
    }
    assertTrue(mask.await(0));
    assertEquals(0, greedy(new Sampler(64), only(0), mask), "a bracket may begin, as at first");
  }

  private static FloatBuffer only(int token) {
    FloatBuffer row = row(new Random(1));
    row.put(token, 100);
    return row;
  }

  /** Texts that can be cut in very many ways, so that their masks are much work. */
  private static CompiledGrammar manyWays() {
    Random random = new Random(1);
    List<byte[]> texts = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      byte[] text = new byte[1 + random.nextInt(16)];
      for (int j = 0; j < text.length; j++) {
        text[j] = (byte) ('a' + random.nextInt(2));
      }
      texts.add(text);
    }
    Regexes regexes = new Regexes(10_000);
    Grammar.Builder b = new Grammar.Builder(regexes, 1000);
    int word = b.rule();
    for (int i = 1; i <= 8; i++) {
      b.produce(word, b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "[ab]{" + i + "}", "")));
    }
    int list = b.rule();
    b.produce(list, word);
    b.produce(list, list, word);
    return new CompiledGrammar(b.build(list), TokenTrie.of(texts));
  }

  @Test
  @Timeout(60)
  void masksOfOthersDoNotWaitForOneThatTakesLong() throws Exception {
    try (MaskWorkers workers = new MaskWorkers(1)) {
      AtomicBoolean served = new AtomicBoolean();
      CountDownLatch begun = new CountDownLatch(1);
      Runnable pause =
          () -> {
            begun.countDown();
            do {
              workers.pause();
            } while (!served.get());
          };
      LogitMask flood =
          new GrammarMask(manyWays().matcher(pause), Set.of(END), workers.of("flood"));
      flood.prepare(new int[0]);
      assertTrue(begun.await(30, TimeUnit.SECONDS), "it was to take long");
      LogitMask neighbour =
          new GrammarMask(grammar.matcher(), Set.of(END), workers.of("neighbour"));
      neighbour.prepare(new int[0]);
      assertTrue(neighbour.await(TimeUnit.SECONDS.toNanos(30)));
      assertFalse(flood.await(0));
      served.set(true);
      assertTrue(flood.await(TimeUnit.SECONDS.toNanos(30)));
    }
  }

  @Test
  void anOutputThatIsWholeEndsThoughAMinimumForbidsIt() {
    Regexes regexes = new Regexes(100);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int one = b.terminal(regexes.literal("1".getBytes(UTF_8)));
    CompiledGrammar single = new CompiledGrammar(b.build(one), trie());
    LogitMask mask = new GrammarMask(single.matcher(), Set.of(END), Runnable::run);
    Sampler sampler = new Sampler(64);
    FloatBuffer row = row(new Random(1));
    row.put(END, Float.NEGATIVE_INFINITY);
    assertEquals(3, greedy(sampler, row, mask));
    mask.accept(3);
    assertEquals(END, greedy(sampler, row, mask));
  }

  @Test
  void whereOnlyEndsAreAllowedItEndsOrFailsWithACode() {
    Set<Integer> ends = Set.of(END, 3, 6); // "1" and "+" end outputs
    LogitMask mask = new GrammarMask(grammar.matcher(), ends, Runnable::run);
    int digit = greedy(new Sampler(64), only(4), mask);
    assertEquals(4, digit);
    mask.accept(digit);
    Regexes regexes = new Regexes(100);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int text = b.rule();
    b.produce(text, b.terminal(regexes.literal("2".getBytes(UTF_8))));
    b.produce(text, b.terminal(regexes.literal("21".getBytes(UTF_8))));
    CompiledGrammar few = new CompiledGrammar(b.build(text), trie());
    LogitMask whole = new GrammarMask(few.matcher(), ends, Runnable::run);
    whole.accept(4);
    FloatBuffer row = row(new Random(1));
    for (int end : ends) {
      row.put(end, Float.NEGATIVE_INFINITY); // as long as a minimum is not reached
    }
    assertTrue(ends.contains(greedy(new Sampler(64), row, whole)));
    Grammar.Builder c = new Grammar.Builder(regexes, 100);
    CompiledGrammar plus =
        new CompiledGrammar(c.build(c.terminal(regexes.literal("1".getBytes(UTF_8)))), trie());
    LogitMask none = new GrammarMask(plus.matcher(), ends, Runnable::run);
    EngineException e =
        assertThrows(EngineException.class, () -> greedy(new Sampler(64), only(3), none));
    assertEquals("engine.no_token_fits", e.code());
    assertEquals(EngineException.Kind.INVALID, e.kind());
  }

  @Test
  void aFormThatNoTokenCanSpellFailsWithACode() {
    Regexes regexes = new Regexes(100);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int other = b.terminal(regexes.literal("x".getBytes(UTF_8)));
    CompiledGrammar none = new CompiledGrammar(b.build(other), trie());
    LogitMask mask = new GrammarMask(none.matcher(), Set.of(END), Runnable::run);
    EngineException e =
        assertThrows(
            EngineException.class, () -> greedy(new Sampler(64), row(new Random(1)), mask));
    assertEquals("engine.no_token_fits", e.code());
  }
}
