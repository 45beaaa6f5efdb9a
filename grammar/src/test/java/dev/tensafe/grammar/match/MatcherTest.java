package dev.tensafe.grammar.match;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Random grammars against a recogniser that fills a table of all parts of a text. */
class MatcherTest {
  private static TokenTrie vocabulary(Random random) {
    List<byte[]> texts = new ArrayList<>();
    texts.add(new byte[0]);
    for (String text : new String[] {"a", "b", "c"}) {
      texts.add(text.getBytes(StandardCharsets.UTF_8));
    }
    for (int i = 0; i < 40; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = 1 + random.nextInt(5); n > 0; n--) {
        text.append(random.nextInt(12) == 0 ? 'c' : random.nextBoolean() ? 'a' : 'b');
      }
      texts.add(text.toString().getBytes(StandardCharsets.UTF_8));
    }
    return TokenTrie.of(texts);
  }

  private static boolean has(long[] mask, int token) {
    return ((mask[token >>> 6] >>> (token & 63)) & 1) != 0;
  }

  @Test
  void textsOfRandomGrammarsEndWhereTheTableSaysSo() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int accepted = 0;
    int finite = 0;
    for (int round = 0; round < 400; round++) {
      PlainGrammar plain = PlainGrammar.random(random);
      Grammar grammar;
      try {
        grammar = plain.build();
        finite++;
      } catch (GrammarException e) {
        for (int length = 0; length < 5; length++) {
          for (int bits = 0; bits < 1 << length; bits++) {
            assertFalse(plain.has(text(bits, length)), "said to have no text");
          }
        }
        continue;
      }
      CompiledGrammar compiled = new CompiledGrammar(grammar, vocabulary(random));
      for (int length = 0; length < 7; length++) {
        for (int bits = 0; bits < 1 << length; bits++) {
          String text = text(bits, length);
          Matcher matcher = compiled.matcher();
          boolean alive = true;
          for (int i = 0; i < length && alive; i++) {
            alive = matcher.accept(text.charAt(i) == 'a' ? 1 : 2);
          }
          boolean expected = plain.has(text);
          accepted += expected ? 1 : 0;
          assertEquals(expected, alive && matcher.mayEnd(), "seed " + seed + " " + text);
        }
      }
    }
    assertTrue(accepted > 1000 && finite > 100, accepted + " texts of " + finite + " grammars");
  }

  private static String text(int bits, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(((bits >> i) & 1) == 0 ? 'a' : 'b');
    }
    return text.toString();
  }

  @Test
  void masksAreTheTokensThatAreAcceptedAndTakingBackLeadsBack() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int steps = 0;
    for (int round = 0; round < 300; round++) {
      Grammar grammar;
      try {
        grammar = PlainGrammar.random(random).build();
      } catch (GrammarException e) {
        continue;
      }
      TokenTrie trie = vocabulary(random);
      CompiledGrammar compiled = new CompiledGrammar(grammar, trie);
      Matcher matcher = compiled.matcher();
      for (int step = 0; step < 12; step++) {
        long[] mask = matcher.mask().clone();
        List<Integer> allowed = new ArrayList<>();
        for (int token = 0; token < trie.vocabSize(); token++) {
          boolean accepted = matcher.accept(token);
          assertEquals(accepted, has(mask, token), "seed " + seed + " token " + token);
          if (accepted) {
            allowed.add(token);
            matcher.rollBack(1);
          }
        }
        assertArrayEquals(mask, matcher.mask(), "it went and came back");
        assertEquals(allowed.isEmpty(), matcher.mustEnd());
        assertTrue(matcher.mayEnd() || !allowed.isEmpty(), "a dead end");
        if (allowed.isEmpty()) {
          break;
        }
        steps++;
        assertTrue(matcher.accept(allowed.get(random.nextInt(allowed.size()))));
        if (random.nextInt(4) == 0) {
          matcher.rollBack(random.nextInt(matcher.tokens() + 1));
        }
      }
    }
    assertTrue(steps > 500, "only " + steps);
  }

  @Test
  void whatIsForcedIsWhatAloneCanCome() {
    Regexes regexes = new Regexes(1000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int start = b.rule();
    b.produce(start, b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "abba[ab]c", "")));
    Matcher matcher = new CompiledGrammar(b.build(start), vocabulary(new Random(1))).matcher();
    assertArrayEquals("abba".getBytes(StandardCharsets.UTF_8), matcher.forced(100));
    assertArrayEquals("ab".getBytes(StandardCharsets.UTF_8), matcher.forced(2));
    assertFalse(matcher.accept(0));
    assertFalse(matcher.accept(-1));
    assertFalse(matcher.accept(1000));
    assertThrows(IllegalArgumentException.class, () -> matcher.rollBack(1));
  }

  @Test
  void aTextOfAnyLengthTakesFewStates() {
    Regexes regexes = new Regexes(1000);
    Grammar.Builder b = new Grammar.Builder(regexes, 100);
    int list = b.rule();
    int item = b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "a", ""));
    int comma = b.terminal(Pattern.whole(regexes, Encoding.UTF_8, "b", ""));
    b.produce(list, item);
    b.produce(list, list, comma, item);
    Matcher matcher = new CompiledGrammar(b.build(list), vocabulary(new Random(1))).matcher();
    long[] before = null;
    for (int i = 0; i < 20_000; i++) {
      assertTrue(matcher.accept(1));
      if (i == 1) {
        before = matcher.mask();
      } else if (i > 1 && i % 1000 == 0) {
        assertTrue(before == matcher.mask(), "another mask of the same state");
      }
      assertTrue(matcher.accept(2));
    }
  }
}
