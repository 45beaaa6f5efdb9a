package dev.tensafe.grammar.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.PlainGrammar;
import dev.tensafe.grammar.match.TokenTrie;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextGrammarsTest {
  /** A token per byte, and one special one. */
  private static final TokenTrie BYTES = bytes();

  private static TokenTrie bytes() {
    List<byte[]> texts = new ArrayList<>();
    for (int value = 0; value < 256; value++) {
      texts.add(new byte[] {(byte) value});
    }
    texts.add("<tool>".getBytes(StandardCharsets.UTF_8));
    return TokenTrie.of(texts, Map.of(256, "<tool>"));
  }

  private static CompiledGrammar compile(
      BiFunction<Grammar.Builder, String, Integer> reader, String text) {
    Grammar.Builder builder = TextGrammars.builder();
    return new CompiledGrammar(builder.build(reader.apply(builder, text)), BYTES);
  }

  private static boolean has(CompiledGrammar grammar, String text) {
    Matcher matcher = grammar.matcher();
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      if (!matcher.accept(value & 0xff)) {
        return false;
      }
    }
    return matcher.mayEnd();
  }

  private static void check(CompiledGrammar grammar, List<String> good, List<String> bad) {
    good.forEach(text -> assertTrue(has(grammar, text), text));
    bad.forEach(text -> assertFalse(has(grammar, text), text));
  }

  @Test
  void gbnfOfTheUsualJson() {
    check(
        compile(
            TextGrammars::gbnf,
            """
            # llama.cpp's example, in short
            root   ::= object
            value  ::= object | array | string | number | ("true" | "false" | "null") ws

            object ::=
              "{" ws (
                string ":" ws value
                ("," ws string ":" ws value)*
              )? "}" ws
            array  ::= "[" ws ( value ("," ws value)* )? "]" ws
            string ::=
              "\\"" (
                [^"\\\\\\x7F\\x00-\\x1F] |
                "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
              )* "\\"" ws
            number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9]+)? ws
            ws ::= | " " | "\\n" [ \\t]{0,20}
            """),
        List.of("{}", "{\"a\":[1,-2.5e3,{\"é\\u00e9\":null}]}", "{\n  \"a\": true }"),
        List.of("", "[]", "{\"a\":01}", "{\"a\":\"\n\"}", "{\"a\":1,}", "{\"a\":\"\\x\"}"));
  }

  @Test
  void gbnfDetails() {
    CompiledGrammar grammar =
        compile(
            TextGrammars::gbnf,
            "root ::= \"\\u00e9\\U0001F600\" [a-c^-] . x{2} (\"q\" | \n \"r\"){1,} y?\n"
                + "x ::= \"x\" | \"\" \ny ::= y \"y\" | \"y\"\n");
    check(
        grammar,
        List.of("é😀a\nxxq", "é😀-éqr", "é😀^.xryyy"),
        List.of("é😀d.q", "é😀a.", "é😀a.xxxq", "e😀a.q"));
    Matcher matcher = compile(TextGrammars::gbnf, "root ::= \"a\" <tool> \"b\"").matcher();
    assertTrue(matcher.accept('a'));
    assertFalse(matcher.accept('<'));
    assertTrue(matcher.accept(256));
    assertTrue(matcher.accept('b'));
    assertTrue(matcher.mayEnd());
  }

  @Test
  void larkOfACalculator() {
    check(
        compile(
            TextGrammars::lark,
            """
            ?start: sum
            // sums and products
            ?sum: product
                | sum "+" product   -> add
                | sum "-" product   -> sub
            ?product: atom
                | product "*" atom  -> mul
            ?atom: NUMBER           -> number
                 | "-" atom         -> neg
                 | CNAME
                 | "(" sum ")"
            %import common.CNAME
            %import common (NUMBER, WS)
            %ignore WS
            """),
        List.of("1", " 1 + 2*x ", "-(3.5e1-y_1)*2", "(\n1\t)"),
        List.of("", "1+", "(1", "1 2", "x y"));
  }

  @Test
  void larkDetails() {
    CompiledGrammar grammar =
        compile(
            TextGrammars::lark,
            """
            start: "Go"i LETTERS~2..3 [DIGIT] ("x" | "y")~2 [ "z" ] END?
            LETTERS: "a".."c" | /[d-f]/i | /\\/./s
            DIGIT: "0".."9"
            END: (DIGIT "!")+
            """);
    check(
        grammar,
        List.of("goabxx", "GODe/\n7xyz", "gOabcyx1!2!"),
        List.of("goaxx", "goabcdxx", "goabx", "goabxxZ", "goabxx1"));
    check(
        compile(
            TextGrammars::lark,
            "start: _list\n_list: ESCAPED_STRING (\",\" ESCAPED_STRING)*\n"
                + "%import common.ESCAPED_STRING\n%ignore \" \"\n"),
        List.of("\"a\\\"b\"", "  \"\" , \"c\" "),
        List.of("\"a\\\"", "\"a\"\"b\"", ","));
  }

  @Test
  void randomGrammarsMeanTheSameInBothSpellings() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int accepted = 0;
    for (int round = 0; round < 150; round++) {
      PlainGrammar plain = PlainGrammar.random(random);
      CompiledGrammar gbnf;
      CompiledGrammar lark;
      try {
        gbnf = compile(TextGrammars::gbnf, spelled(plain, true));
        lark = compile(TextGrammars::lark, spelled(plain, false));
      } catch (GrammarException e) {
        assertEquals("grammar.invalid", e.code(), spelled(plain, true));
        assertFalse(plain.hasBeginning(""), "seed " + seed + " " + spelled(plain, true));
        continue;
      }
      for (int length = 0; length < 6; length++) {
        for (int bits = 0; bits < 1 << length; bits++) {
          StringBuilder text = new StringBuilder();
          for (int i = 0; i < length; i++) {
            text.append(((bits >> i) & 1) == 0 ? 'a' : 'b');
          }
          boolean expected = plain.has(text.toString());
          accepted += expected ? 1 : 0;
          String what = "seed " + seed + " " + spelled(plain, true) + " " + text;
          assertEquals(expected, has(gbnf, text.toString()), what);
          assertEquals(expected, has(lark, text.toString()), what);
        }
      }
    }
    assertTrue(accepted > 300, "only " + accepted);
  }

  private static String spelled(PlainGrammar plain, boolean gbnf) {
    String[] terminals =
        gbnf
            ? new String[] {
              "\"a\"", "[b]", "\"ab\"", "\"a\"+", "[ab] \"b\"", "\"b\"* \"a\"", "(\"ab\")+"
            }
            : new String[] {"\"a\"", "/b/", "\"ab\"", "/a+/", "/[ab]b/", "/b*a/", "(\"a\" \"b\")+"};
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < plain.rules().size(); r++) {
      String name = r == 0 ? (gbnf ? "root" : "start") : "r" + r;
      text.append(name).append(gbnf ? " ::= " : ": ");
      List<int[]> bodies = plain.rules().get(r);
      for (int p = 0; p < bodies.size(); p++) {
        text.append(p == 0 ? "" : " | ");
        text.append(bodies.get(p).length == 0 ? "\"\"" : "");
        for (int symbol : bodies.get(p)) {
          String other = symbol == 0 ? (gbnf ? "root" : "start") : "r" + symbol;
          text.append(symbol >= 0 ? other : "(" + terminals[-1 - symbol] + ")").append(' ');
        }
      }
      text.append('\n');
    }
    return text.toString();
  }

  @Test
  void choicesAndPatternsAreWholeTexts() {
    Grammar.Builder builder = TextGrammars.builder();
    int start = TextGrammars.choice(builder, List.of("yes", "yesterday", "né", ""));
    check(
        new CompiledGrammar(builder.build(start), BYTES),
        List.of("yes", "yesterday", "né", ""),
        List.of("ye", "yest", "n"));
    assertThrows(
        GrammarException.class, () -> TextGrammars.choice(TextGrammars.builder(), List.of()));
    check(
        compile(TextGrammars::regex, "^(?i)ab[[:digit:]]{2}\\Q.*\\E(?P<n>.|\\pL)$"),
        List.of("aB12.*x", "AB00.*é"),
        List.of("ab1.*x", "ab12.*\n", "xab12.*x", "ab12.*xx", "ab12zz"));
    check(compile(TextGrammars::regex, "(?s:.)\\s"), List.of("\n\t"), List.of("\n\u00a0"));
    check(compile(TextGrammars::regex, "\\Aab?\\z|c\\z"), List.of("a", "ab", "c"), List.of("b"));
    check(compile(TextGrammars::regex, "\\07\\0"), List.of("\u0007\0"), List.of("\0007\0"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)\\1",
        "\\bx",
        "a\\B",
        "(?=a)a",
        "(?!a)b",
        "(?<=a)b",
        "a(b$)",
        "(^a)",
        "(?m)^a$",
        "a++",
        "\\C",
        "(?i)é",
        "\\p{Nope}",
        "\\p{Script=Greek}",
        "\\u0041",
        "\\cA",
        "[\\b]",
        "a\\Ab",
        "a\\zb",
        "(a\\z)"
      })
  void patternsThatCannotBeKeptAreRefusedByName(String pattern) {
    GrammarException e =
        assertThrows(
            GrammarException.class, () -> TextGrammars.regex(TextGrammars.builder(), pattern));
    assertEquals("grammar.unsupported", e.code(), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x ::= \"a\"",
        "root ::= y",
        "root ::= \"a",
        "root ::= [a",
        "root ::= (\"a\"",
        "root ::= \"a\" )",
        "root ::= \"a\"{3,2}",
        "root ::= \"a\"{",
        "root = \"a\"",
        "root ::= \"\\q\"",
        "root ::= [b-a]",
        "root ::= root",
        "root ::= \"a\"\nroot ::= \"b\"",
        "root ::= *",
        "root ::= \"\\uD800\"",
        "root ::= []",
        ""
      })
  void wrongGbnfIsSaid(String text) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> compile(TextGrammars::gbnf, text));
    assertEquals("grammar.invalid", e.code());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "start{a}: a",
        "start.2: \"a\"",
        "start: x{\"a\"}\nx: \"b\"",
        "%declare X\nstart: X",
        "%import python.X\nstart: X",
        "%import common.NOPE\nstart: NOPE",
        "%override start: \"a\"",
        "start: /a/m",
        "start: /(?=a)a/",
        "start: A\nA: \"a\" A | \"b\"",
        "start: \"é\"i",
        "start: <[17]>"
      })
  void whatIsNotOfTheSubsetOfLarkIsRefusedByName(String text) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> compile(TextGrammars::lark, text));
    assertEquals("grammar.unsupported", e.code(), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x: \"a\"",
        "start: y",
        "start: \"a",
        "start: /a",
        "start: (\"a\"",
        "start: \"a\"~3..2",
        "start \"a\"",
        "start: \"b\"..\"a\"",
        "start: A\nA: b\nb: \"a\"",
        "start: start",
        "start: \"a\"\nstart: \"b\"",
        "start: /a{2,1}/",
        ""
      })
  void wrongLarkIsSaid(String text) {
    GrammarException e =
        assertThrows(GrammarException.class, () -> compile(TextGrammars::lark, text));
    assertEquals("grammar.invalid", e.code());
  }

  @Test
  void anErrorSaysWhere() {
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> compile(TextGrammars::gbnf, "root ::= x\nx ::= \"a\" ?? !y\n"));
    assertEquals("line 2, column 14", e.where());
    assertTrue(e.getMessage().contains("any token but one"), e.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "root ::= (\"a\"\n  <tool> | <toll>)",
        "start: \"a\"\n  | <tool> <toll>",
        "start: a\n  a: <toll>"
      })
  void aSpecialTokenThatThereIsNotIsNamedWithItsPlace(String text) {
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> TextGrammars.either(TextGrammars.builder(), text, Set.of("<tool>")::contains));
    assertEquals("grammar.invalid", e.code());
    assertEquals("line 2, column " + (text.split("\n")[1].indexOf("<toll>") + 1), e.where());
    assertTrue(e.getMessage().contains("'<toll>'"), e.getMessage());
  }
}
