package dev.tensafe.grammar.regex;

import java.util.BitSet;
import java.util.Map;

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

  private static final CodePoints RE2_SPACE = CodePoints.among("\t\n\f\r ");

  private static final String CONTROL_NAMES = "tnrfv0";
  private static final String CONTROLS = "\t\n\r\f\u000b\0";

  private final Regexes regexes;
  private final PatternSource in;
  private final boolean re2;
  private final Map<Integer, CodePoints> named;
  private Flags flags = new Flags(false, false);

  /**
   * What holds within a group.
   *
   * @param fold whether case counts for nothing
   * @param dotAll whether a dot is any character
   */
  record Flags(boolean fold, boolean dotAll) {}

  CharacterClasses(Regexes regexes, Dialect dialect, PatternSource in) {
    this.regexes = regexes;
    this.re2 = dialect == Dialect.RE2;
    CodePoints space = re2 ? RE2_SPACE : SPACE;
    this.named =
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
            space,
            (int) 'S',
            space.not());
    this.in = in;
  }

  Flags flags() {
    return flags;
  }

  void set(Flags now) {
    flags = now;
  }

  CodePoints folded(CodePoints set) {
    if (!flags.fold()) {
      return set;
    }
    BitSet all = new BitSet();
    for (CodePoints.Range r : set.ranges()) {
      all.set(r.first(), r.last() + 1);
    }
    regexes.fuel().spend(all.cardinality() / 16 + 1);
    for (int value = all.nextSetBit(128); value >= 0; value = all.nextSetBit(value + 1)) {
      if (!all.get(Character.toLowerCase(value)) || !all.get(Character.toUpperCase(value))) {
        throw in.unsupported("letters beyond ASCII without their case");
      }
    }
    return set.foldAscii();
  }

  CodePoints read() {
    if (in.skip('.')) {
      return flags.dotAll() ? CodePoints.ALL : re2 ? CodePoints.of('\n').not() : LINE_ENDS.not();
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
    // in RE2 a class holds something: a bracket that would close it at once is its first character
    boolean begins = re2;
    while (begins || in.peek() != ']') {
      begins = false;
      if (in.looksAt("[:")) {
        all = all.or(posix());
        continue;
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

  private CodePoints posix() {
    if (!re2) {
      throw in.unsupported("a class of POSIX");
    }
    in.expect('[');
    in.expect(':');
    boolean not = in.skip('^');
    StringBuilder name = new StringBuilder();
    while (in.peek() != ':') {
      name.appendCodePoint(in.next());
    }
    in.expect(':');
    in.expect(']');
    CodePoints set = CharacterProperties.posix(name.toString());
    if (set == null) {
      throw in.invalid("no class has this name");
    }
    return not ? set.not() : set;
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
    CodePoints set = named.get(c);
    if (set != null) {
      return set;
    }
    if (re2 && c == '0') {
      return CodePoints.of(octal());
    }
    int control = CONTROL_NAMES.indexOf(c);
    if (control >= 0) {
      return CodePoints.of(CONTROLS.charAt(control));
    }
    return switch (c) {
      case 'x' -> CodePoints.of(in.peek() == '{' ? unicode() : in.hex(2));
      case 'a' -> re2 ? CodePoints.of(7) : unknown(c);
      case 'u' -> re2 ? unknown(c) : CodePoints.of(unicode());
      case 'c' -> re2 ? unknown(c) : CodePoints.of(in.next() & 0x1f);
      case 'p' -> property();
      case 'P' -> property().not();
      case 'b' -> {
        if (!inBrackets) {
          throw in.unsupported("a word boundary");
        }
        if (re2) {
          yield unknown(c);
        }
        yield CodePoints.of('\b');
      }
      default -> {
        if ((c >= '1' && c <= '9') || c == 'k') {
          throw in.unsupported("a reference back");
        }
        if (c < 128 && Character.isLetterOrDigit(c)) {
          yield unknown(c);
        }
        yield CodePoints.of(c);
      }
    };
  }

  /** RE2's number of a character behind {@code \0}: up to two digits more. */
  private int octal() {
    int value = 0;
    for (int digits = 0; digits < 2 && in.peek() >= '0' && in.peek() <= '7'; digits++) {
      value = value * 8 + in.next() - '0';
    }
    return value;
  }

  private CodePoints unknown(int c) {
    throw in.unsupported("the escape \\" + (char) c);
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
    if (re2 && name.indexOf("=") >= 0) {
      throw in.unsupported("a property of characters by this name");
    }
    CodePoints known = regexes.properties().get(name.toString());
    if (known == null) {
      regexes.fuel().spend(CharacterProperties.STEPS);
      known = CharacterProperties.of(name.toString());
      if (known == null) {
        throw in.unsupported("a property of characters by this name");
      }
      regexes.properties().put(name.toString(), known);
    }
    return known;
  }
}
