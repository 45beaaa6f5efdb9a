package dev.tensafe.grammar.match;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Masks against a recogniser that knows nothing of tries, states and caches. */
class MaskTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static boolean has(long[] mask, int token) {
    return ((mask[token >>> 6] >>> (token & 63)) & 1) != 0;
  }

  /** Tokens of a and b, one of them twice, some of them long. */
  private static List<String> vocabulary(Random random, int size) {
    List<String> all = new ArrayList<>(List.of("", "a", "b", "c", "ab", "ab"));
    while (all.size() < size) {
      int length = 1 + random.nextInt(random.nextInt(4) == 0 ? 20 : 5);
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < length; i++) {
        text.append(random.nextInt(25) == 0 ? 'c' : random.nextBoolean() ? 'a' : 'b');
      }
      all.add(text.toString());
    }
    return all;
  }

  private static TokenTrie trie(List<String> texts) {
    return TokenTrie.of(texts.stream().map(MaskTest::bytes).toList());
  }

  @Test
  void aTokenIsInTheMaskExactlyIfTheTextWithItBeginsATextOfTheGrammar() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int allowed = 0;
    int asked = 0;
    for (int round = 0; round < 150; round++) {
      PlainGrammar plain = PlainGrammar.random(random);
      Grammar grammar;
      try {
        grammar = plain.build();
      } catch (GrammarException e) {
        assertFalse(plain.hasBeginning(""), "seed " + seed + " round " + round);
        continue;
      }
      List<String> texts = vocabulary(random, 40);
      // with every part of a mask kept, and with the usual few
      CompiledGrammar compiled = new CompiledGrammar(grammar, trie(texts), round % 2 * 400);
      Matcher matcher = compiled.matcher();
      StringBuilder text = new StringBuilder();
      for (int step = 0; step < 4 && text.length() < 24; step++) {
        long[] mask = matcher.mask();
        List<Integer> next = new ArrayList<>();
        for (int token = 0; token < texts.size(); token++) {
          String with = text + texts.get(token);
          boolean expected = !texts.get(token).isEmpty() && plain.hasBeginning(with);
          assertEquals(expected, has(mask, token), "seed " + seed + " round " + round + " " + with);
          asked++;
          if (expected) {
            next.add(token);
          }
        }
        allowed += next.size();
        assertEquals(plain.has(text.toString()), matcher.mayEnd());
        if (next.isEmpty()) {
          break;
        }
        int token = next.get(random.nextInt(next.size()));
        assertTrue(matcher.accept(token));
        text.append(texts.get(token));
      }
    }
    assertTrue(allowed > 500 && asked - allowed > 500, allowed + " of " + asked);
  }

  private static Grammar pattern(String pattern) {
    Regexes regexes = new Regexes(100_000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    return b.build(b.terminal(Pattern.whole(regexes, Encoding.JSON, pattern, "")));
  }

  @Test
  void countsAreExactWhileMasksOfLongRestsAreShared() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<String> texts = vocabulary(random, 300);
    TokenTrie trie = trie(texts);
    String[] patterns = {
      "[abc]{0,90}", "[ab]{30,}c", "([ab]c){10,40}", "(a{1,3}b){0,25}c*", "[ab]{3}|c{0,50}"
    };
    for (String text : patterns) {
      java.util.regex.Pattern plain = java.util.regex.Pattern.compile(text);
      Matcher matcher = new CompiledGrammar(pattern(text), trie, 0).matcher();
      StringBuilder soFar = new StringBuilder();
      for (int step = 0; step < 120; step++) {
        long[] mask = matcher.mask();
        List<Integer> next = new ArrayList<>();
        for (int token = 1; token < texts.size(); token++) {
          java.util.regex.Matcher m = plain.matcher(soFar + texts.get(token));
          boolean expected = m.matches() || m.hitEnd();
          assertEquals(
              expected, has(mask, token), "seed " + seed + " " + text + " " + soFar + " " + token);
          if (expected) {
            next.add(token);
          }
        }
        if (next.isEmpty()) {
          break;
        }
        int token = next.get(random.nextInt(next.size()));
        if (random.nextInt(3) > 0) {
          token = next.get(0);
        }
        assertTrue(matcher.accept(token));
        soFar.append(texts.get(token));
      }
    }
    long before = trie.cacheBytes();
    Matcher longer = new CompiledGrammar(pattern("[abc]{0,500}"), trie, 0).matcher();
    for (int i = 0; i < 300; i++) {
      assertNotNull(longer.mask());
      assertTrue(longer.accept(1));
    }
    assertTrue(trie.cacheBytes() - before < 5_000, "states of a long rest have masks of their own");
  }

  @Test
  void whatIsTakenAwayCountsInMasksToo() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<String> texts = vocabulary(random, 400);
    TokenTrie trie = trie(texts);
    String[] patterns = {
      "^(?!(ab|abba|b{3}|c+)$)[abc]*$",
      "^(?!.*bb)(?!a{3})[ab]{2,30}c$",
      "^(?=.*c)(?!cc|ba)[abc]{0,12}$|^b{9}$",
      "^(?=(ab)*c?$)[ab]*c$",
      "^(?=a*b?$)(a{1,3}|b)$",
    };
    int refused = 0;
    for (int round = 0; round < 5; round++) {
      for (String text : patterns) {
        Matcher matcher = new CompiledGrammar(pattern(text), trie, round * 100).matcher();
        for (int step = 0; step < 10; step++) {
          long[] mask = matcher.mask();
          List<Integer> next = new ArrayList<>();
          for (int token = 1; token < texts.size(); token++) {
            boolean accepted = matcher.accept(token);
            assertEquals(
                accepted, has(mask, token), "seed " + seed + " " + text + " " + texts.get(token));
            if (accepted) {
              matcher.rollBack(1);
              next.add(token);
            }
          }
          refused += texts.size() - next.size();
          assertEquals(next.isEmpty(), matcher.mustEnd(), "seed " + seed + " " + text);
          if (next.isEmpty()) {
            break;
          }
          assertTrue(matcher.accept(next.get(random.nextInt(Math.min(8, next.size())))));
        }
      }
    }
    assertTrue(refused > 1000, "only " + refused);
  }

  @Test
  void matchersOfOneGrammarOnManyThreadsAgree() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 40; round++) {
        PlainGrammar plain = PlainGrammar.random(random);
        List<String> texts = vocabulary(random, 60);
        CompiledGrammar shared;
        try {
          shared = new CompiledGrammar(plain.build(), trie(texts), 0);
        } catch (GrammarException e) {
          continue;
        }
        long walk = random.nextLong();
        List<Future<?>> runs = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          long own = walk + thread % 2;
          runs.add(
              threads.submit(
                  () -> {
                    Matcher alone = new CompiledGrammar(plain.build(), trie(texts), 0).matcher();
                    follow(shared.matcher(), alone, texts.size(), new Random(own));
                  }));
        }
        for (Future<?> run : runs) {
          run.get();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static void follow(Matcher one, Matcher other, int tokens, Random random) {
    for (int step = 0; step < 12; step++) {
      long[] mask = one.mask();
      assertArrayEquals(other.mask(), mask);
      assertEquals(other.mayEnd(), one.mayEnd());
      List<Integer> next = new ArrayList<>();
      for (int token = 0; token < tokens; token++) {
        if (has(mask, token)) {
          next.add(token);
        }
      }
      if (next.isEmpty()) {
        return;
      }
      int token = next.get(random.nextInt(next.size()));
      assertTrue(one.accept(token));
      assertTrue(other.accept(token));
    }
  }

  @Test
  void aSpecialTokenIsAskedForAsSuchAndItsNameAsTextIsNot() {
    List<byte[]> texts =
        List.of(
            bytes("a"), bytes("[CALL]"), bytes("[CALL]"), new byte[] {(byte) 0xff}, bytes("<s>"));
    TokenTrie trie = TokenTrie.of(texts, Map.of(1, "[CALL]"));
    Regexes regexes = new Regexes(1000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int start = b.rule();
    int any = b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "(.|\\n)+", ""));
    b.produce(start, any, b.special("[CALL]"), any);
    Matcher matcher = new CompiledGrammar(b.build(start), trie).matcher();
    assertArrayEquals(new long[] {0b10101}, matcher.mask());
    assertTrue(matcher.accept(2));
    assertArrayEquals(new long[] {0b10111}, matcher.mask(), "the special token, and text");
    assertTrue(matcher.accept(1));
    assertFalse(matcher.mayEnd());
    assertArrayEquals(new long[] {0b10101}, matcher.mask());
    assertTrue(matcher.accept(2));
    assertTrue(matcher.mayEnd());
    Matcher copy = matcher.copy();
    copy.rollBack(2);
    assertFalse(copy.mayEnd());
    assertTrue(matcher.mayEnd());
  }

  @Test
  void onlyOneTokenIsForcedOnlyWhereTheTextMayNotEnd() {
    TokenTrie trie = trie(List.of("a", "b"));
    Matcher matcher = new CompiledGrammar(pattern("ab?"), trie).matcher();
    assertEquals(0, matcher.forcedToken());
    assertTrue(matcher.accept(0));
    assertEquals(-1, matcher.forcedToken(), "it may end");
  }

  @Test
  void whatIsKeptStaysBelowItsBound() {
    List<String> texts = vocabulary(new Random(3), 300);
    TokenTrie trie = TokenTrie.of(texts.stream().map(MaskTest::bytes).toList(), Map.of(), 4_000);
    for (int i = 0; i < 50; i++) {
      Matcher matcher =
          new CompiledGrammar(pattern("[abc]{" + i + "," + (i + 3) + "}a"), trie, 0).matcher();
      assertTrue(matcher.mask().length > 0);
      assertTrue(trie.cacheBytes() <= 4_000);
    }
  }

  @Test
  void aPatternThatExplodesWhileItIsFollowedFailsItsOwnSequenceOnly() {
    TokenTrie trie = trie(List.of("a", "b", "c"));
    Regexes regexes = new Regexes(3000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int id = Pattern.whole(regexes, Encoding.UTF_8, "(a|b)*a(a|b){20}c", "");
    CompiledGrammar compiled = new CompiledGrammar(b.build(b.terminal(id)), trie);
    Matcher matcher = compiled.matcher();
    Random random = new Random(5);
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> {
              for (int i = 0; i < 100_000; i++) {
                matcher.accept(random.nextInt(2));
              }
            });
    assertEquals("grammar.too_complex", e.code());
    int before = matcher.tokens();
    assertTrue(before > 0);
    matcher.rollBack(1);
    assertEquals(before - 1, matcher.tokens());
    Matcher other = compiled.matcher();
    assertArrayEquals(new long[] {0b011}, other.mask());
  }

  @Test
  void aListWrittenWithItselfLastTakesFewMasks() {
    Regexes regexes = new Regexes(1000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int list = b.rule();
    int item = b.terminal(regexes.literal(bytes("a")));
    int comma = b.terminal(regexes.literal(bytes("b")));
    b.produce(list, item);
    b.produce(list, item, comma, list);
    Matcher matcher = new CompiledGrammar(b.build(list), trie(List.of("a", "b"))).matcher();
    long[] first = null;
    for (int i = 0; i < 5_000; i++) {
      assertTrue(matcher.accept(0));
      first = i == 3 ? matcher.mask() : first;
      assertTrue(i < 4 || matcher.mask() == first, "another mask of the same state");
      assertTrue(matcher.mayEnd());
      assertTrue(matcher.accept(1));
    }
  }
}
