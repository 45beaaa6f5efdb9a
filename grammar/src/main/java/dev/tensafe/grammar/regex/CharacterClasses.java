package dev.tensafe.grammar.regex;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** Sets of characters in a pattern: a dot, an escape, brackets. Confined to one pattern. */
final class CharacterClasses {
  private static final CodePoints DIGITS = CodePoints.of('0', '9');
  private static final CodePoints WORD =
      DIGITS.or(CodePoints.of('a', 'z')).or(CodePoints.of('A', 'Z')).or(CodePoints.of('_'));

  /** ECMA-262: white space and line ends. */
  private static final CodePoints SPACE =
      CodePoints.among("\t\n\u000b\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff")
          .or(CodePoints.of(0x2000, 0x200a));

  private static final CodePoints LINE_ENDS = CodePoints.among("\n\r\u2028\u2029");

  private static final Map<Integer, CodePoints> NAMED =
      Map.of(
          (int) 'd',
          DIGITS,
          (int) 'D',
          DIGITS.not(),
          (int) 'w',
          WORD,
          (int) 'W',
          WORD.not(),
          (int) 's',
          SPACE,
          (int) 'S',
          SPACE.not());

  private static final long STEPS_OF_A_PROPERTY = 100_000;

  private static final Map<String, List<Integer>> CATEGORIES = categories();

  private static final String CONTROL_NAMES = "tnrfv0";
  private static final String CONTROLS = "\t\n\r\f\u000b\0";

  private final Regexes regexes;
  private final PatternSource in;
  private boolean fold;

  CharacterClasses(Regexes regexes, PatternSource in) {
    this.regexes = regexes;
    this.in = in;
  }

  /** Says whether case counts from now on; returns what held before. */
  boolean fold(boolean on) {
    boolean before = fold;
    fold = on;
    return before;
  }

  CodePoints folded(CodePoints set) {
    return fold ? set.foldAscii() : set;
  }

  CodePoints read() {
    if (in.skip('.')) {
      return LINE_ENDS.not();
    }
    if (in.skip('[')) {
      return folded(brackets());
    }
    in.expect('\\');
    return folded(escape(false));
  }

  private CodePoints brackets() {
    boolean negated = in.skip('^');
    CodePoints all = CodePoints.NONE;
    while (in.peek() != ']') {
      if (in.looksAt("[:")) {
        throw in.unsupported("a class of POSIX");
      }
      CodePoints first = member();
      if (in.peek() != '-' || in.looksAt("-]")) {
        all = all.or(first);
        continue;
      }
      in.next();
      CodePoints last = member();
      all = all.or(CodePoints.of(single(first), upTo(first, last)));
    }
    in.next();
    return negated ? folded(all).not() : all;
  }

  private int upTo(CodePoints first, CodePoints last) {
    if (single(last) < single(first)) {
      throw in.invalid("a range that ends before it begins");
    }
    return single(last);
  }

  private int single(CodePoints set) {
    if (set.ranges().size() != 1 || set.ranges().get(0).first() != set.ranges().get(0).last()) {
      throw in.invalid("a range between classes");
    }
    return set.ranges().get(0).first();
  }

  private CodePoints member() {
    return in.skip('\\') ? escape(true) : CodePoints.of(in.next());
  }

  private CodePoints escape(boolean inBrackets) {
    int c = in.next();
    CodePoints named = NAMED.get(c);
    if (named != null) {
      return named;
    }
    int control = CONTROL_NAMES.indexOf(c);
    if (control >= 0) {
      return CodePoints.of(CONTROLS.charAt(control));
    }
    return switch (c) {
      case 'x' -> CodePoints.of(in.hex(2));
      case 'u' -> CodePoints.of(unicode());
      case 'c' -> CodePoints.of(in.next() & 0x1f);
      case 'p' -> property();
      case 'P' -> property().not();
      case 'b' -> {
        if (!inBrackets) {
          throw in.unsupported("a word boundary");
        }
        yield CodePoints.of('\b');
      }
      default -> {
        if ((c >= '1' && c <= '9') || c == 'k') {
          throw in.unsupported("a reference back");
        }
        if (c < 128 && Character.isLetterOrDigit(c)) {
          throw in.unsupported("the escape \\" + (char) c);
        }
        yield CodePoints.of(c);
      }
    };
  }

  private int unicode() {
    if (in.skip('{')) {
      int value = 0;
      for (int digits = 0; in.peek() != '}'; digits++) {
        if (digits == 6) {
          throw in.invalid("more than six digits");
        }
        value = (value << 4) | in.hex(1);
      }
      in.next();
      return checked(value);
    }
    int value = in.hex(4);
    if (Character.isHighSurrogate((char) value) && in.looksAt("\\u")) {
      in.next();
      in.next();
      return checked(Character.toCodePoint((char) value, (char) in.hex(4)));
    }
    return checked(value);
  }

  private int checked(int value) {
    if (value > Character.MAX_CODE_POINT
        || (value >= Character.MIN_SURROGATE && value <= Character.MAX_SURROGATE)) {
      throw in.invalid("no character");
    }
    return value;
  }

  /** A general category of Unicode, as this Java knows it. */
  private CodePoints property() {
    StringBuilder name = new StringBuilder();
    if (in.skip('{')) {
      while (in.peek() != '}') {
        name.appendCodePoint(in.next());
      }
      in.next();
    } else {
      name.appendCodePoint(in.next());
    }
    return regexes.properties().computeIfAbsent(name.toString(), this::named);
  }

  private CodePoints named(String name) {
    IntPredicate test = category(name);
    regexes.fuel().spend(STEPS_OF_A_PROPERTY);
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

  private IntPredicate category(String name) {
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
      throw in.unsupported("a property of characters by this name");
    }
  }

  /** Unicode's general categories, by the names that patterns have for them. */
  private static Map<String, List<Integer>> categories() {
    String[] names = {
      "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Me", "Mc", "Nd", "Nl", "No", "", "Zs", "Zl", "Zp",
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
