package dev.tensafe.grammar.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Whatever a text is, reading and following it ends, and with typed errors only. */
class ReaderFuzzTest {
  private static final String[] SEEDS = {
    "root ::= \"{\" ws (s \":\" v (\",\" s \":\" v)*)? \"}\"\ns ::= \"\\\"\" [^\"\\\\]{0,9} \"\\\"\"\n"
        + "v ::= s | root | [0-9]+\nws ::= [ \\n]*\n",
    "start: sum\nsum: X | sum \"+\" X -> add\nX: /[a-z]+(b|c){2,3}/i | \"q\".. \"z\"\n%ignore / +/\n"
        + "%import common.WS\n",
    "^(?i:a|b)*[^c-e\\d]{2,40}(\\pL|(?P<n>x+?y)){0,3}\\Q.\\E$",
  };

  private static final List<BiFunction<Grammar.Builder, String, Integer>> READERS =
      List.of(TextGrammars::gbnf, TextGrammars::lark, TextGrammars::regex, TextGrammars::either);

  private static TokenTrie trie() {
    List<byte[]> texts = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
      texts.add(new byte[] {(byte) value, (byte) (value * 7), 'a'});
    }
    return TokenTrie.of(texts);
  }

  @Test
  void brokenTextsGiveTypedErrors() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    TokenTrie trie = trie();
    int read = 0;
    int refused = 0;
    for (int round = 0; round < 2000; round++) {
      String text = broken(SEEDS[random.nextInt(SEEDS.length)], random);
      Grammar.Builder builder = TextGrammars.builder();
      try {
        int start = READERS.get(random.nextInt(READERS.size())).apply(builder, text);
        follow(new CompiledGrammar(builder.build(start), trie).matcher(), random);
        read++;
      } catch (GrammarException e) {
        assertTrue(e.code().startsWith("grammar."), e.code());
        refused++;
      } catch (RuntimeException | StackOverflowError e) {
        throw new AssertionError("seed " + seed + " " + text, e);
      }
    }
    assertTrue(read > 100 && refused > 100, read + " read, " + refused + " refused");
  }

  private static void follow(Matcher matcher, Random random) {
    for (int step = 0; step < 8; step++) {
      long[] mask = matcher.mask();
      int from = random.nextInt(512);
      for (int i = 0; i < 512; i++) {
        int token = (from + i) % 512;
        if (((mask[token >>> 6] >>> (token & 63)) & 1) != 0) {
          assertTrue(matcher.accept(token), "a token of the mask");
          break;
        }
      }
    }
  }

  private static String broken(String seed, Random random) {
    StringBuilder text = new StringBuilder(seed);
    String letters = "\"[](){}|*+?.^$\\/:=%~<>!#,-_ \n\tabxyz019iéS😀\u0000\ud800";
    for (int n = 1 + random.nextInt(6); n > 0; n--) {
      int at = random.nextInt(text.length() + 1);
      switch (random.nextInt(4)) {
        case 0 -> text.insert(at, letters.charAt(random.nextInt(letters.length())));
        case 1 -> text.delete(at, Math.min(text.length(), at + 1 + random.nextInt(3)));
        case 2 -> {
          int end = Math.min(text.length(), at + random.nextInt(12));
          text.insert(random.nextInt(text.length() + 1), text.substring(at, end));
        }
        default -> {
          if (at < text.length()) {
            text.setCharAt(at, letters.charAt(random.nextInt(letters.length())));
          }
        }
      }
    }
    return text.toString();
  }

  private static String of(BiFunction<Grammar.Builder, String, Integer> reader, String text) {
    Grammar.Builder builder = TextGrammars.builder();
    try {
      Grammar grammar = builder.build(reader.apply(builder, text));
      follow(new CompiledGrammar(grammar, trie()).matcher(), new Random(1));
      return "";
    } catch (GrammarException e) {
      return e.code();
    }
  }

  @Test
  void deepAndLongTextsOverflowNoStack() {
    String deep = "(".repeat(20_000);
    String back = ")".repeat(20_000);
    assertEquals("grammar.unsupported", of(TextGrammars::regex, deep + "a" + back));
    assertEquals("grammar.unsupported", of(TextGrammars::gbnf, "root ::= " + deep + "[a]" + back));
    assertEquals("grammar.unsupported", of(TextGrammars::lark, "start: " + deep + "/a/" + back));
    assertEquals("grammar.unsupported", of(TextGrammars::gbnf, "root ::= [a]" + "*".repeat(5000)));
    assertEquals("", of(TextGrammars::regex, "ab".repeat(20_000)));
    assertEquals("grammar.too_complex", of(TextGrammars::regex, "a?".repeat(5_000)));
    assertEquals("", of(TextGrammars::regex, "a?".repeat(300)));
    assertEquals("", of(TextGrammars::regex, "a|b".repeat(5_000)));
    StringBuilder chain = new StringBuilder("root ::= r0\n");
    for (int i = 0; i < 20_000; i++) {
      chain.append("r").append(i).append(" ::= \"a\" r").append(i + 1).append("\n");
    }
    assertEquals("", of(TextGrammars::gbnf, chain + "r20000 ::= \"b\"\n"));
    assertEquals("", of(TextGrammars::gbnf, chain + "r20000 ::= \"b\" | root\n"));
    String nested = "(".repeat(90) + "a" + "{1,9})".repeat(90);
    String code = of(TextGrammars::regex, nested);
    assertTrue(code.isEmpty() || code.equals("grammar.too_complex"), code);
    assertEquals(
        "grammar.too_complex",
        of(TextGrammars::gbnf, "root ::= (\"(\" root \")\"){0,90000} | \"a\""));
    assertThrows(
        GrammarException.class,
        () -> TextGrammars.gbnf(TextGrammars.builder(), "#".repeat(600_000)));
  }
}
