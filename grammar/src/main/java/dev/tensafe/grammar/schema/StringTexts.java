package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * JSON strings, quotation marks included, as regular expressions. A language has all spellings of a
 * value or none, so that complements are right.
 *
 * <p>Spellings are those of common writers: ASCII characters stand for themselves, quotation marks
 * and backslashes are escaped in the short form, control characters in the short or the hexadecimal
 * form, and characters beyond ASCII are UTF-8 or hexadecimal, as pairs of surrogates where needed.
 */
final class StringTexts {
  /** Longer strings are not written, where only an upper limit would allow them. */
  static final int MOST_LENGTH = 100_000;

  private static final int TREE_DEPTH = 64;
  private static final CodePoints ESCAPABLE =
      CodePoints.of(0, 0x1f).or(CodePoints.of(0x7f, Character.MAX_CODE_POINT));

  private static final Encoding SPELLINGS =
      (regexes, of) ->
          regexes.any(
              Encoding.JSON.character(regexes, of),
              Encoding.ANY_JSON.character(regexes, of.and(ESCAPABLE)));

  private final Regexes regexes;
  private final int quote;
  private final int character;
  private final int all;
  private final Map<String, Integer> patterns = new HashMap<>();

  StringTexts(Regexes regexes) {
    this.regexes = regexes;
    this.quote = regexes.literal("\"".getBytes(StandardCharsets.US_ASCII));
    this.character = SPELLINGS.character(regexes, CodePoints.ALL);
    this.all = quoted(regexes.repeat(character, 0, Regexes.UNBOUNDED));
  }

  /** Every string. */
  int all() {
    return all;
  }

  private int quoted(int content) {
    return regexes.sequence(quote, content, quote);
  }

  /** One string. */
  int literal(String value) {
    return quoted(content(value.codePoints().toArray(), 0));
  }

  private int content(int[] value, int from) {
    int id = Regexes.EMPTY;
    for (int i = value.length - 1; i >= from; i--) {
      id = regexes.then(one(value[i]), id);
    }
    return id;
  }

  private int one(int value) {
    if (value >= 0x20 && value < 0x7f && value != '"' && value != '\\') {
      return regexes.range(value, value);
    }
    return SPELLINGS.character(regexes, CodePoints.of(value));
  }

  /** Any of some strings. */
  int literals(Collection<String> values) {
    return quoted(tree(values.stream().map(v -> v.codePoints().toArray()).toList(), 0));
  }

  /** What is common at the beginning is one path, so that an automaton's states stay small. */
  private int tree(List<int[]> values, int depth) {
    if (values.size() == 1 || depth == TREE_DEPTH) {
      return regexes.any(values.stream().mapToInt(v -> content(v, depth)).toArray());
    }
    Map<Integer, List<int[]>> byFirst = new TreeMap<>();
    List<Integer> parts = new ArrayList<>();
    for (int[] value : values) {
      if (value.length == depth) {
        parts.add(Regexes.EMPTY);
      } else {
        byFirst.computeIfAbsent(value[depth], v -> new ArrayList<>()).add(value);
      }
    }
    byFirst.forEach((first, group) -> parts.add(regexes.then(one(first), tree(group, depth + 1))));
    return regexes.any(parts.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * Strings of some lengths, in code points.
   *
   * @param max {@link ArrayShape#UNBOUNDED} for no end
   */
  int lengths(int min, int max) {
    if (min == 0 && max == ArrayShape.UNBOUNDED) {
      return all;
    }
    int end = max == ArrayShape.UNBOUNDED ? Regexes.UNBOUNDED : max;
    return quoted(regexes.repeat(character, min, end));
  }

  /** Strings in which a pattern is found. */
  int pattern(String pattern, String where) {
    Integer known = patterns.get(pattern);
    if (known == null) {
      try {
        known = quoted(Pattern.within(regexes, SPELLINGS, pattern, where));
      } catch (GrammarException e) {
        throw SchemaErrors.of(e, where);
      }
      patterns.put(pattern, known);
    }
    return known;
  }

  /** Strings that are of a pattern as a whole. */
  int whole(String pattern) {
    return quoted(Pattern.whole(regexes, SPELLINGS, pattern, ""));
  }
}
