package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Sets of characters by name: Unicode's general categories and scripts, as this Java knows them,
 * and RE2's names between {@code [:} and {@code :]}.
 */
final class CharacterProperties {
  /** Steps that one takes, which asks about every character. */
  static final long STEPS = 100_000;

  private static final CodePoints DIGITS = CodePoints.of('0', '9');

  private static final CodePoints LETTERS = CodePoints.of('a', 'z').or(CodePoints.of('A', 'Z'));

  private static final Map<String, CodePoints> POSIX =
      Map.ofEntries(
          Map.entry("alnum", LETTERS.or(DIGITS)),
          Map.entry("alpha", LETTERS),
          Map.entry("ascii", CodePoints.of(0, 0x7f)),
          Map.entry("blank", CodePoints.among("\t ")),
          Map.entry("cntrl", CodePoints.of(0, 0x1f).or(CodePoints.of(0x7f))),
          Map.entry("digit", DIGITS),
          Map.entry("graph", CodePoints.of('!', '~')),
          Map.entry("lower", CodePoints.of('a', 'z')),
          Map.entry("print", CodePoints.of(' ', '~')),
          Map.entry("punct", CodePoints.of('!', '~').without(LETTERS.or(DIGITS))),
          Map.entry("space", CodePoints.among("\t\n\u000b\f\r ")),
          Map.entry("upper", CodePoints.of('A', 'Z')),
          Map.entry("word", LETTERS.or(DIGITS).or(CodePoints.of('_'))),
          Map.entry("xdigit", DIGITS.or(CodePoints.among("abcdefABCDEF"))));

  private static final Map<String, List<Integer>> CATEGORIES = categories();

  private CharacterProperties() {}

  /** Null when no class has the name. */
  static @Nullable CodePoints posix(String name) {
    return POSIX.get(name);
  }

  /** Null when no category and no script has the name. */
  static @Nullable CodePoints of(String name) {
    IntPredicate test = test(name);
    return test == null ? null : all(test);
  }

  private static CodePoints all(IntPredicate test) {
    List<CodePoints.Range> all = new ArrayList<>();
    int from = -1;
    for (int value = 0; value <= Character.MAX_CODE_POINT + 1; value++) {
      boolean has =
          value <= Character.MAX_CODE_POINT
              && (value < Character.MIN_SURROGATE || value > Character.MAX_SURROGATE)
              && test.test(value);
      if (has && from < 0) {
        from = value;
      } else if (!has && from >= 0) {
        all.add(new CodePoints.Range(from, value - 1));
        from = -1;
      }
    }
    return new CodePoints(all);
  }

  private static @Nullable IntPredicate test(String name) {
    List<Integer> types = CATEGORIES.get(name);
    if (types != null) {
      int mask = types.stream().mapToInt(type -> 1 << type).sum();
      return value -> ((mask >>> Character.getType(value)) & 1) != 0;
    }
    String script = name.replaceFirst("^(Script|sc|Script_Extensions|scx)=", "");
    try {
      Character.UnicodeScript wanted = Character.UnicodeScript.forName(script);
      return value -> Character.UnicodeScript.of(value) == wanted;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** By the names that patterns have for them; the place is Java's number. */
  private static Map<String, List<Integer>> categories() {
    String[] names = {
      "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "Zs", "Zl", "Zp",
      "Cc", "Cf", "", "Co", "Cs", "Pd", "Ps", "Pe", "Pc", "Po", "Sm", "Sc", "Sk", "So", "Pi", "Pf"
    };
    Map<String, List<Integer>> all = new HashMap<>();
    for (int type = 0; type < names.length; type++) {
      if (!names[type].isEmpty()) {
        all.put(names[type], List.of(type));
        all.computeIfAbsent(names[type].substring(0, 1), n -> new ArrayList<>()).add(type);
      }
    }
    return Map.copyOf(all);
  }
}
