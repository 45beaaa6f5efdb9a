package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.GrammarException;

/**
 * A pattern as text, read as an expression over bytes, in one of two dialects. What has no regular
 * meaning (references back, look-behind, word boundaries) is refused. Used once.
 */
public final class Pattern {
  /** Repetitions that may be written out. */
  private static final int MOST_TIMES = 100_000;

  private static final int MOST_DEPTH = 100;

  private final boolean re2;
  private final Regexes regexes;
  private final Encoding encoding;
  private final CharacterClasses classes;
  private final PatternSource in;
  private final int anything;
  private int depth;

  private Pattern(
      Regexes regexes, Encoding encoding, Dialect dialect, String pattern, String where) {
    this.re2 = dialect == Dialect.RE2;
    this.regexes = regexes;
    this.encoding = encoding;
    this.in = new PatternSource(pattern, where);
    this.classes = new CharacterClasses(regexes, dialect, in);
    this.anything =
        regexes.repeat(encoding.character(regexes, CodePoints.ALL), 0, Regexes.UNBOUNDED);
  }

  /**
   * The texts that match as a whole.
   *
   * @param where place of the pattern, for errors
   * @throws GrammarException {@code grammar.invalid}, {@code grammar.unsupported} or {@code
   *     grammar.too_complex}
   */
  public static int whole(Regexes regexes, Encoding encoding, String pattern, String where) {
    return whole(regexes, encoding, Dialect.ECMA_262, pattern, where);
  }

  /** The texts that match as a whole, in a dialect. */
  public static int whole(
      Regexes regexes, Encoding encoding, Dialect dialect, String pattern, String where) {
    return new Pattern(regexes, encoding, dialect, pattern, where).read(true);
  }

  /** The texts in which it is found somewhere. */
  public static int within(Regexes regexes, Encoding encoding, String pattern, String where) {
    return new Pattern(regexes, encoding, Dialect.ECMA_262, pattern, where).read(false);
  }

  private int read(boolean whole) {
    IdSet all = new IdSet(4);
    do {
      all.add(alternative(whole, true));
    } while (in.skip('|'));
    if (!in.atEnd()) {
      throw in.invalid("a ) without its (");
    }
    return regexes.any(all.ascending());
  }

  /** One alternative of the whole pattern, to its end; anchors and look-ahead have a place here. */
  private int alternative(boolean whole, boolean start) {
    boolean anchored = whole || !start;
    boolean ended = whole;
    IdList all = new IdList();
    while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
      if (in.peek() == '^' || (re2 && in.looksAt("\\A"))) {
        in.skip('\\');
        in.next();
        if (!start || !all.isEmpty()) {
          throw in.unsupported("^ is possible at the beginning only");
        }
        anchored = true;
      } else if (in.peek() == '$' || (re2 && in.looksAt("\\z"))) {
        in.skip('\\');
        in.next();
        if (!in.atEnd() && in.peek() != '|') {
          throw in.unsupported("$ is possible at the end only");
        }
        ended = true;
      } else if (!re2 && (in.looksAt("(?=") || in.looksAt("(?!"))) {
        all.add(lookAhead(whole));
        ended = true;
      } else {
        all.add(repeated());
      }
    }
    int open = regexes.sequence(all.toArray());
    open = ended ? open : regexes.then(open, anything);
    return anchored ? open : regexes.then(anything, open);
  }

  /** What follows a place where something must, or must not, be found. */
  private int lookAhead(boolean whole) {
    in.next();
    in.next();
    boolean wanted = in.next() == '=';
    IdSet all = new IdSet(4);
    do {
      all.add(ahead());
    } while (in.skip('|'));
    in.expect(')');
    int found = regexes.any(all.ascending());
    if (++depth > MOST_DEPTH) {
      throw in.unsupported("more than " + MOST_DEPTH + " groups of look-ahead");
    }
    int rest = alternative(whole, false);
    depth--;
    return regexes.all(wanted ? found : regexes.not(found), rest);
  }

  private int ahead() {
    IdList all = new IdList();
    while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
      if (in.peek() == '$') {
        in.next();
        if (in.peek() != '|' && in.peek() != ')') {
          throw in.unsupported("$ is possible at the end only");
        }
        return regexes.sequence(all.toArray());
      }
      all.add(repeated());
    }
    all.add(anything);
    return regexes.sequence(all.toArray());
  }

  private int repeated() {
    int id = atom();
    while (!in.atEnd()) {
      int min;
      int max;
      if (in.skip('*')) {
        min = 0;
        max = Regexes.UNBOUNDED;
      } else if (in.skip('+')) {
        min = 1;
        max = Regexes.UNBOUNDED;
      } else if (in.skip('?')) {
        min = 0;
        max = 1;
      } else if (in.peek() == '{' && in.looksLikeTimes()) {
        in.next();
        min = in.number();
        max = in.skip(',') ? (in.peek() == '}' ? Regexes.UNBOUNDED : in.number()) : min;
        in.expect('}');
        if ((max != Regexes.UNBOUNDED && max < min) || Math.max(min, max) > MOST_TIMES) {
          throw in.invalid("from " + min + " to " + max + " times");
        }
      } else {
        break;
      }
      in.skip('?'); // whether it takes much or little is the same language
      if (!in.atEnd() && in.peek() == '+') {
        throw in.unsupported("a possessive repetition");
      }
      id = regexes.repeat(id, min, max);
    }
    return id;
  }

  private int atom() {
    int c = in.peek();
    return switch (c) {
      case '(' -> group();
      case '\\' -> escaped();
      case '[', '.' -> encoding.character(regexes, classes.read());
      case '*', '+', '?' -> throw in.invalid("nothing to repeat");
      case '^', '$' -> throw in.unsupported("an anchor within a group");
      default -> {
        in.next();
        yield encoding.character(regexes, classes.folded(CodePoints.of(c)));
      }
    };
  }

  /** An escape: one character, or in RE2 a text between {@code \\Q} and {@code \\E}. */
  private int escaped() {
    if (re2 && (in.looksAt("\\A") || in.looksAt("\\z"))) {
      throw in.unsupported("an anchor within a group");
    }
    if (re2 && in.looksAt("\\Q")) {
      in.next();
      in.next();
      IdList all = new IdList();
      while (!in.atEnd() && !in.looksAt("\\E")) {
        all.add(encoding.character(regexes, classes.folded(CodePoints.of(in.next()))));
      }
      if (!in.atEnd()) {
        in.next();
        in.next();
      }
      return regexes.sequence(all.toArray());
    }
    return encoding.character(regexes, classes.read());
  }

  private int group() {
    in.next();
    if (in.looksAt("?")) {
      in.next();
      if (in.looksAt("<=") || in.looksAt("<!")) {
        throw in.unsupported("look-behind");
      }
      if (in.looksAt("=") || in.looksAt("!")) {
        throw in.unsupported("look-ahead within a group");
      }
      if (in.skip('P') && !in.looksAt("<")) {
        throw in.unsupported("a reference to a name");
      }
      if (in.skip('<')) {
        in.until('>');
      } else {
        CharacterClasses.Flags before = classes.flags();
        classes.set(flags(before));
        if (in.skip(')')) {
          return Regexes.EMPTY; // they hold to the end of the group around it
        }
        in.expect(':');
        int all = inner();
        in.expect(')');
        classes.set(before);
        return all;
      }
    }
    int all = inner();
    in.expect(')');
    return all;
  }

  private CharacterClasses.Flags flags(CharacterClasses.Flags before) {
    boolean fold = before.fold();
    boolean dotAll = before.dotAll();
    boolean on = true;
    while (in.peek() != ':' && !(re2 && in.peek() == ')')) {
      int flag = in.next();
      switch (flag) {
        case '-' -> on = false;
        case 'i' -> fold = on;
        case 's' -> dotAll = on;
        case 'U' -> {} // whether it takes much or little is the same language
        case 'm' -> throw in.unsupported("anchors at lines");
        default -> throw in.invalid("a ( with a ? and no such thing behind it");
      }
    }
    return new CharacterClasses.Flags(fold, dotAll);
  }

  /** Parts in a row, as far as the alternative goes. */
  private int parts() {
    IdList all = new IdList();
    while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
      all.add(repeated());
    }
    return regexes.sequence(all.toArray());
  }

  private int inner() {
    if (++depth > MOST_DEPTH) {
      throw in.unsupported("groups more than " + MOST_DEPTH + " deep");
    }
    CharacterClasses.Flags before = classes.flags();
    IdSet all = new IdSet(4);
    do {
      all.add(parts());
    } while (in.skip('|'));
    depth--;
    classes.set(before);
    return regexes.any(all.ascending());
  }
}
