package dev.tensafe.demo;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Patterns with choices: {@code {a|b}} is one of them, {@code {name}} one of the words called that.
 * Choices hold no further braces, except that words may be patterns themselves.
 */
record Phrases(Map<String, List<String>> words) {
  Phrases {
    words = Map.copyOf(words);
  }

  /** One text of a pattern, with single spaces. */
  String draw(String pattern, RandomGenerator random) {
    StringBuilder out = new StringBuilder();
    int at = 0;
    while (true) {
      int open = pattern.indexOf('{', at);
      if (open < 0) {
        return out.append(pattern.substring(at)).toString().replaceAll(" +", " ").strip();
      }
      int close = pattern.indexOf('}', open);
      if (close < 0) {
        throw new IllegalArgumentException("a brace is not closed in: " + pattern);
      }
      out.append(pattern, at, open);
      String inside = pattern.substring(open + 1, close);
      List<String> choices = words.get(inside);
      if (choices == null && !inside.contains("|")) {
        throw new IllegalArgumentException("no words are called " + inside);
      }
      out.append(
          choices == null
              ? pick(List.of(inside.split("\\|", -1)), random)
              : draw(pick(choices, random), random));
      at = close + 1;
    }
  }

  static <T> T pick(List<T> of, RandomGenerator random) {
    return of.get(random.nextInt(of.size()));
  }
}
