package dev.tensafe.grammar.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.grammar.GrammarException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns against Java's own regular expressions, which search where we derive. */
class PatternTest {
  private static boolean matches(Regexes regexes, int id, String text) {
    int left = id;
    for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
      left = regexes.next(left, value & 0xff);
    }
    return regexes.nullable(left);
  }

  private static String pattern(Random random, int depth) {
    String[] atoms = {
      "a", "b", "é", "😀", ".", "[ab]", "[^a]", "[^é]", "[a-é]", "\\w", "\\d", "\\."
    };
    return switch (depth == 0 ? 0 : random.nextInt(6)) {
      case 1 -> pattern(random, depth - 1) + pattern(random, depth - 1);
      case 2 -> "(?:" + pattern(random, depth - 1) + "|" + pattern(random, depth - 1) + ")";
      case 3 -> "(" + pattern(random, depth - 1) + ")*";
      case 4 -> "(" + pattern(random, depth - 1) + ")" + (random.nextBoolean() ? "+?" : "?");
      case 5 -> {
        int min = random.nextInt(3);
        String max = random.nextInt(3) == 0 ? "" : "" + (min + random.nextInt(3));
        yield "(" + pattern(random, depth - 1) + "){" + min + "," + max + "}";
      }
      default -> atoms[random.nextInt(atoms.length)];
    };
  }

  private static String text(Random random) {
    String[] letters = {"a", "b", "é", "😀", "1", ".", "\n"};
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      text.append(letters[random.nextInt(letters.length)]);
    }
    return text.toString();
  }

  @Test
  void randomPatternsMatchWhatJavasMatch() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int matched = 0;
    for (int round = 0; round < 1500; round++) {
      String pattern = pattern(random, 4);
      java.util.regex.Pattern plain = java.util.regex.Pattern.compile(pattern);
      Regexes regexes = new Regexes(100_000);
      int whole = Pattern.whole(regexes, Encoding.UTF_8, pattern, "");
      int within = Pattern.within(regexes, Encoding.UTF_8, pattern, "");
      for (int i = 0; i < 30; i++) {
        String text = text(random);
        boolean expected = plain.matcher(text).matches();
        matched += expected ? 1 : 0;
        assertEquals(expected, matches(regexes, whole, text), pattern + " whole " + text);
        assertEquals(
            plain.matcher(text).find(), matches(regexes, within, text), pattern + " in " + text);
      }
    }
    assertTrue(matched > 500, "too few matches to tell: " + matched);
  }

  @ParameterizedTest
  @CsvSource({
    "'^(?=.*[A-Z])(?=.*\\d).{4,9}$', aB3x, abcd",
    "^(?!foo).*$, bar, foobar",
    "^(?!.*--)[a-z-]+$, a-b, a--b",
    "^a, ab, ba",
    "b$, ab, ba",
    "^a$|^b, bx, ax",
    "(?i:ab), xaBx, ac",
    "\\p{Lu}, xÄx, äx",
    "\\u00e9|\\u{1F600}, é, e",
    "^\\S+$, ab, a b",
  })
  void anchorsLookAheadAndEscapes(String pattern, String good, String bad) {
    Regexes regexes = new Regexes(100_000);
    int id = Pattern.within(regexes, Encoding.UTF_8, pattern, "");
    assertTrue(matches(regexes, id, good), good);
    assertFalse(matches(regexes, id, bad), bad);
    assertEquals(
        java.util.regex.Pattern.compile(pattern.replace("\\u{1F600}", "😀")).matcher(good).find(),
        true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a)\\1",
        "\\bx",
        "(?<=a)b",
        "(?<!a)b",
        "a(b$)",
        "(^a)",
        "a++",
        "\\q",
        "x(?=y)*",
        "a^b",
        "[[:alpha:]]"
      })
  void whatHasNoRegularMeaningIsRefusedByName(String pattern) {
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> Pattern.within(new Regexes(100_000), Encoding.UTF_8, pattern, "/pattern"));
    assertTrue(
        e.code().equals("grammar.unsupported") || e.code().equals("grammar.invalid"), e.code());
    assertEquals("/pattern", e.where());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"(a", "a)", "[a", "*a", "a{3,2}", "\\x1", "[b-a]", "a{9999999}", "\\", "(?"})
  void whatIsWrongIsSaid(String pattern) {
    GrammarException e =
        assertThrows(
            GrammarException.class,
            () -> Pattern.within(new Regexes(100_000), Encoding.UTF_8, pattern, ""));
    assertEquals("grammar.invalid", e.code());
  }

  @Test
  void inJsonWhatIsEscapedIsWrittenEscaped() {
    Regexes regexes = new Regexes(100_000);
    int id = Pattern.whole(regexes, Encoding.JSON, "a[\"\\\\]\\n\\x01/é", "");
    assertTrue(matches(regexes, id, "a\\\"\\n\\u0001/é"));
    assertTrue(matches(regexes, id, "a\\\\\\n\\u0001/é"));
    assertFalse(matches(regexes, id, "a\"\\n\\u0001/é"));
    int any = Pattern.whole(regexes, Encoding.ANY_JSON, "[é/]😀", "");
    assertTrue(matches(regexes, any, "\\u00e9\\uD83D\\ude00"));
    assertTrue(matches(regexes, any, "\\/😀"));
    assertFalse(matches(regexes, any, "\\u00e9\\uD83D\\ude01"));
    assertFalse(matches(regexes, any, "\\u00e9\\uD83D"));
  }

  @Test
  void aPatternBuiltToExplodeIsRefused() {
    Regexes regexes = new Regexes(2000);
    assertThrows(
        GrammarException.class,
        () -> {
          int id = Pattern.whole(regexes, Encoding.UTF_8, "(a|b)*a(a|b){14}c", "");
          Random random = new Random(1);
          for (int i = 0; i < 100_000; i++) {
            int left = regexes.next(id, 'a' + random.nextInt(2));
            id = left == Regexes.NOTHING ? id : left;
          }
        });
  }
}
