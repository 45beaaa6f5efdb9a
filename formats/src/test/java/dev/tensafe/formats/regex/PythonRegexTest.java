package dev.tensafe.formats.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.PythonJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonRegexTest {
  private static Path resource(String name) throws Exception {
    return Path.of(PythonRegexTest.class.getResource("/regex/" + name).toURI());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.textValue()));
    return texts;
  }

  /** As a line of {@code python_regex.py}. */
  private static String answers(String pattern, List<String> texts) {
    PythonRegex regex;
    try {
      regex = PythonRegex.compile("p", pattern, new PythonRegex.Budget());
    } catch (FormatException e) {
      assertEquals("peft.pattern", e.code());
      return "error";
    }
    StringBuilder all = new StringBuilder();
    StringBuilder start = new StringBuilder();
    for (String text : texts) {
      all.append(regex.matchesAll(text) ? '1' : '0');
      start.append(regex.matchesStart(text) ? '1' : '0');
    }
    return all + " " + start;
  }

  private static void compare(List<String> patterns, List<String> texts, List<String> expected) {
    assertEquals(patterns.size(), expected.size());
    for (int i = 0; i < patterns.size(); i++) {
      String pattern = patterns.get(i);
      assertEquals(expected.get(i), answers(pattern, texts), () -> pattern + " on " + texts);
    }
  }

  /** What {@code python_regex.py} wrote with Python 3.11.2. */
  @Test
  void matchesWhatPythonMatches() throws Exception {
    JsonNode given = PythonJson.readObject(resource("python-regex.json"), "test");
    compare(
        texts(given.path("patterns")),
        texts(given.path("texts")),
        Files.readAllLines(resource("python-regex.expected")));
  }

  /** Needs a Python on this machine. */
  @Test
  void randomExpressionsMatchWhatPythonMatches(@TempDir Path directory) throws Exception {
    long seed = new Random().nextLong();
    System.out.println("PythonRegexTest seed " + seed);
    Random random = new Random(seed);
    ObjectNode given = JsonNodeFactory.instance.objectNode();
    for (int i = 0; i < 4_000; i++) {
      given.withArray("patterns").add(choice(random, 2));
    }
    for (int i = 0; i < 60; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(6); length > 0; length--) {
        text.append("aab.1_A\n".charAt(random.nextInt(8)));
      }
      given.withArray("texts").add(text.toString());
    }
    List<String> expected = python(given, directory);
    compare(texts(given.path("patterns")), texts(given.path("texts")), expected);
    long errors = expected.stream().filter("error"::equals).count();
    assertTrue(errors < expected.size() / 2, errors + " patterns were not even read");
  }

  private static List<String> python(JsonNode given, Path directory) throws Exception {
    Path input = Files.write(directory.resolve("in.json"), PythonJson.write(given));
    Path output = directory.resolve("out");
    try {
      Process process =
          new ProcessBuilder("python3", resource("python_regex.py").toString())
              .redirectInput(input.toFile())
              .redirectOutput(output.toFile())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertEquals(0, process.waitFor());
    } catch (IOException e) {
      System.out.println("SKIPPED: there is no python3 to compare with");
      assumeTrue(false, "no python3");
    }
    List<String> lines = Files.readAllLines(output);
    if (lines.equals(List.of("version"))) {
      System.out.println("SKIPPED: python3 is not of version 3.11 to 3.13");
      assumeTrue(false, "another python3");
    }
    return lines;
  }

  private static String choice(Random random, int depth) {
    StringBuilder out = new StringBuilder(sequence(random, depth));
    while (random.nextInt(4) == 0) {
      out.append('|').append(sequence(random, depth));
    }
    return out.toString();
  }

  private static String sequence(Random random, int depth) {
    StringBuilder out = new StringBuilder();
    for (int items = random.nextInt(4); items > 0; items--) {
      out.append(item(random, depth));
      if (random.nextInt(3) == 0) {
        List<String> quantifiers =
            List.of("*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "{,}", "{", "{}", "*?", "+?");
        out.append(quantifiers.get(random.nextInt(quantifiers.size())));
      }
    }
    return out.toString();
  }

  private static String item(Random random, int depth) {
    if (depth > 0 && random.nextInt(3) == 0) {
      List<String> groups =
          List.of("(", "(?:", "(?=", "(?!", "(?i:", "(?-i:", "(?s:", "(?m:", "(?<=", "(?<!");
      return groups.get(random.nextInt(groups.size())) + choice(random, depth - 1) + ")";
    }
    List<String> simple =
        List.of(
            "a",
            "b",
            "ab",
            "A",
            ".",
            "\\.",
            "_",
            "1",
            "\\d",
            "\\D",
            "\\w",
            "\\W",
            "\\s",
            "\\S",
            "^",
            "$",
            "\\b",
            "\\B",
            "\\A",
            "\\Z",
            "[ab]",
            "[^a]",
            "[a-b1-]",
            "[\\w.]",
            "[^\\W_]",
            "[]a]",
            "\\n",
            "(?#x)",
            "[^\\d\\n]",
            "[A-Z]",
            "\\x61",
            "(?i)");
    return simple.get(random.nextInt(simple.size()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "(a)\\1 ; a reference to a group, '\\1'",
        "(?P<n>a)(?P=n) ; a reference to a group, '(?P=n)'",
        "(a)?(?(1)b|c) ; a condition on a group, '(?('",
        "(?>a) ; an atomic group, '(?>'",
        "a*+ ; a possessive quantifier, '*+'",
        "a{2,3}+ ; a possessive quantifier, '{2,3}+'",
        "(?x)a b ; a verbose expression, '(?x'",
        "(?ix:a) ; a verbose expression, '(?ix'",
        "a\\z ; '\\z', which Python has since 3.14",
        "\\N{DOT} ; a character by its name, '\\N'",
        "(?i)\u212a ; a character beyond ASCII under the flag i, '\u212a'",
        "(?P<\u00e4>a) ; a group's name that is no ASCII identifier, '(?P<\u00e4>'",
        "a{9999999} ; a number above 1048576, '{9999999'",
        "\\p{L} ; the unknown escape '\\p'",
        "\\h ; the unknown escape '\\h'",
        "(?<n>a) ; the unknown extension '(?<'",
        "a(?i) ; global flags after the start, '(?i)'",
        "(?<=a*)b ; a lookbehind without one width, '(?<=a*)'",
        "*a ; nothing to repeat before '*'",
        "[b-a] ; the range 'b-a'",
        "(a ; no ')' for '(a'",
      })
  void whatIsNotTranslatedIsRefusedByItsConstruct(String pattern, String construct) {
    FormatException e =
        assertThrows(
            FormatException.class,
            () -> PythonRegex.compile("rank_pattern", pattern, new PythonRegex.Budget()));
    assertEquals("peft.pattern", e.code());
    assertTrue(e.description().startsWith("rank_pattern "), e.description());
    assertTrue(e.description().contains(construct), e.description());
  }

  @Test
  void whatTakesForeverElsewhereTakesLinearTime() {
    PythonRegex.Budget budget = new PythonRegex.Budget();
    String text = "a".repeat(5_000);
    for (String pattern : List.of("((.+.+)+)+#", "(a*)*b", "(a|a)*b", "(?:a?){30}a{30}b")) {
      assertFalse(PythonRegex.compile("p", pattern, budget).matchesAll(text));
    }
    assertTrue(PythonRegex.compile("p", "(?:(?=a)a)*", budget).matchesAll(text));
  }

  @Test
  void whatIsTooLargeOrTooDeepIsRefused() {
    for (String pattern :
        List.of(
            "(((a{1,1000}){1,1000}){1,1000})",
            "((((){1000}){1000}){1000}){1000}",
            "(".repeat(50_000),
            "(?=".repeat(50_000),
            "a".repeat(1 << 18))) {
      FormatException e =
          assertThrows(
              FormatException.class,
              () -> PythonRegex.compile("p", pattern, new PythonRegex.Budget()));
      assertEquals("peft.pattern", e.code());
    }
    PythonRegex costly =
        PythonRegex.compile("p", "(?:(?:.{0,30}){30})*#", new PythonRegex.Budget());
    assertEquals(
        "peft.pattern",
        assertThrows(FormatException.class, () -> costly.matchesAll("a".repeat(100_000))).code());
  }

  @Test
  void alternativesAndGroupsAreKnown() {
    PythonRegex.Budget budget = new PythonRegex.Budget();
    assertTrue(PythonRegex.compile("p", "a|b", budget).isAlternatives());
    for (String pattern : Set.of("(?:a|b)", "(a|b)", "a", "")) {
      assertFalse(PythonRegex.compile("p", pattern, budget).isAlternatives(), pattern);
    }
    assertEquals(2, PythonRegex.compile("p", "(?:a)(b)(?P<c>d)(?=e)", budget).groups());
  }
}
