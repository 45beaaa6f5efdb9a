package dev.tensafe.grammar.regex;

import dev.tensafe.grammar.GrammarException;

/**
 * A pattern as text, read as an expression over bytes. The dialect is what ECMA-262 (with the flag
 * {@code u}) and RE2 have in common, with look-ahead at the top level; what has no regular meaning
 * (references back, look-behind, word boundaries) is refused. Used once.
 */
public final class Pattern {
  /** Repetitions that may be written out. */
  private static final int MOST_TIMES = 100_000;

  private static final int MOST_DEPTH = 100;

  private final Regexes regexes;
  private final Encoding encoding;
  private final CharacterClasses classes;
  private final PatternSource in;
  private final int anything;
  private int depth;

  private Pattern(Regexes regexes, Encoding encoding, String pattern, String where) {
    this.regexes = regexes;
    this.encoding = encoding;
    this.in = new PatternSource(pattern, where);
    this.classes = new CharacterClasses(regexes, in);
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
    return new Pattern(regexes, encoding, pattern, where).read(true);
  }

  /** The texts in which it is found somewhere. */
  public static int within(Regexes regexes, Encoding encoding, String pattern, String where) {
    return new Pattern(regexes, encoding, pattern, where).read(false);
  }

  private int read(boolean whole) {
    int all = Regexes.NOTHING;
    do {
      all = regexes.any(all, alternative(whole, true));
    } while (in.skip('|'));
    if (!in.atEnd()) {
      throw in.invalid("a ) without its (");
    }
    return all;
  }

  /** One alternative of the whole pattern, to its end; anchors and look-ahead have a place here. */
  private int alternative(boolean whole, boolean start) {
    boolean anchored = whole || !start;
    int id = Regexes.EMPTY;
    while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
      if (in.peek() == '^') {
        in.next();
        if (!start || id != Regexes.EMPTY) {
          throw in.unsupported("^ is possible at the beginning only");
        }
        anchored = true;
      } else if (in.peek() == '$') {
        in.next();
        if (!in.atEnd() && in.peek() != '|') {
          throw in.unsupported("$ is possible at the end only");
        }
        return anchored ? id : regexes.then(anything, id);
      } else if (in.looksAt("(?=") || in.looksAt("(?!")) {
        int rest = lookAhead(whole);
        int found = regexes.then(id, rest);
        return anchored ? found : regexes.then(anything, found);
      } else {
        id = regexes.then(id, repeated());
      }
    }
    int open = whole ? id : regexes.then(id, anything);
    return anchored ? open : regexes.then(anything, open);
  }

  /** What follows a place where something must, or must not, be found. */
  private int lookAhead(boolean whole) {
    in.next();
    in.next();
    boolean wanted = in.next() == '=';
    int found = Regexes.NOTHING;
    do {
      found = regexes.any(found, ahead());
    } while (in.skip('|'));
    in.expect(')');
    int rest = alternative(whole, false);
    return regexes.all(wanted ? found : regexes.not(found), rest);
  }

  private int ahead() {
    int id = Regexes.EMPTY;
    while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
      if (in.peek() == '$') {
        in.next();
        if (in.peek() != '|' && in.peek() != ')') {
          throw in.unsupported("$ is possible at the end only");
        }
        return id;
      }
      id = regexes.then(id, repeated());
    }
    return regexes.then(id, anything);
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
      case '[', '.', '\\' -> encoding.character(regexes, classes.read());
      case '*', '+', '?' -> throw in.invalid("nothing to repeat");
      case '^', '$' -> throw in.unsupported("an anchor within a group");
      default -> {
        in.next();
        yield encoding.character(regexes, classes.folded(CodePoints.of(c)));
      }
    };
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
      } else if (in.looksAt("i:")) {
        in.next();
        in.next();
        return folded();
      } else {
        in.expect(':');
      }
    }
    int all = inner();
    in.expect(')');
    return all;
  }

  private int folded() {
    boolean before = classes.fold(true);
    int all = inner();
    classes.fold(before);
    in.expect(')');
    return all;
  }

  private int inner() {
    if (++depth > MOST_DEPTH) {
      throw in.unsupported("groups more than " + MOST_DEPTH + " deep");
    }
    int all = Regexes.NOTHING;
    do {
      int id = Regexes.EMPTY;
      while (!in.atEnd() && in.peek() != '|' && in.peek() != ')') {
        id = regexes.then(id, repeated());
      }
      all = regexes.any(all, id);
    } while (in.skip('|'));
    depth--;
    return all;
  }
}
