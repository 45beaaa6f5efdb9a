package dev.tensafe.grammar.text;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Reads grammars in llama.cpp's GBNF (its {@code grammars/README.md}): rules, literals, classes of
 * characters, groups, repetitions, comments; {@code <name>} is a special token. The text begins
 * with the rule {@code root}. A rule may begin with itself, which llama.cpp refuses. Used once.
 */
final class GbnfReader {
  private static final int MOST_DEPTH = 100;
  private static final int MOST_TIMES = 100_000;
  private static final int MOST_REPEATED = 8;

  private final Grammar.Builder builder;
  private final Regexes regexes;
  private final RuleScanner in;
  private final Predicate<String> specials;
  private final Map<String, RulePart> rules = new LinkedHashMap<>();
  private int depth;

  /**
   * @param specials which special tokens there are
   */
  GbnfReader(Grammar.Builder builder, String text, Predicate<String> specials) {
    this.builder = builder;
    this.regexes = builder.regexes();
    this.in = new RuleScanner(text);
    this.specials = specials;
  }

  /** The symbol of the whole text. */
  int read() {
    blanks(true);
    while (!in.atEnd()) {
      rule();
    }
    if (!rules.containsKey("root")) {
      throw GrammarException.invalid("", "there is no rule root");
    }
    return new RuleWriter(builder, rules, name -> false).write("root");
  }

  private void blanks(boolean lines) {
    while (true) {
      if (in.peek() == '#') {
        in.skipLine();
      } else if (!in.skipBlank() && !(lines && in.skip("\n"))) {
        return;
      }
    }
  }

  private static boolean isOfName(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_';
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    while (isOfName(in.peek())) {
      name.appendCodePoint(in.next());
    }
    if (name.isEmpty()) {
      throw in.invalid("expected the name of a rule");
    }
    return name.toString();
  }

  private void rule() {
    String name = name();
    blanks(false);
    in.expect("::=");
    blanks(true);
    RulePart part = alternatives(false);
    if (rules.putIfAbsent(name, part) != null) {
      throw in.invalid("the rule " + name + " is there twice");
    }
    if (!in.atEnd() && in.peek() != '\n') {
      throw in.invalid("expected the end of the rule's line");
    }
    blanks(true);
  }

  private RulePart alternatives(boolean inGroup) {
    List<RulePart> all = new ArrayList<>();
    do {
      blanks(true);
      all.add(sequence(inGroup));
    } while (in.skip("|"));
    return all.size() == 1 ? all.get(0) : new RulePart.Choice(all);
  }

  private RulePart sequence(boolean inGroup) {
    List<RulePart> all = new ArrayList<>();
    while (true) {
      int c = in.peek();
      RulePart part;
      if (c == '"') {
        part = literal();
      } else if (c == '[') {
        part = new RulePart.Regular(Encoding.UTF_8.character(regexes, brackets()));
      } else if (c == '.') {
        in.next();
        part = new RulePart.Regular(Encoding.UTF_8.character(regexes, CodePoints.ALL));
      } else if (c == '(') {
        part = group();
      } else if (c == '<') {
        part = new RulePart.Regular(regexes.special(SpecialName.read(in, specials)));
      } else if (c == '!') {
        throw in.unsupported("any token but one");
      } else if (isOfName(c)) {
        String where = in.where();
        part = new RulePart.Reference(name(), where);
      } else {
        return all.size() == 1 ? all.get(0) : new RulePart.Sequence(all);
      }
      blanks(inGroup);
      all.add(repeated(part, inGroup));
    }
  }

  private RulePart repeated(RulePart of, boolean inGroup) {
    RulePart part = of;
    for (int times = 0; ; times++) {
      if (times > MOST_REPEATED) {
        throw in.unsupported("more than " + MOST_REPEATED + " repetitions of each other");
      }
      if (in.skip("*")) {
        part = new RulePart.Times(part, 0, Regexes.UNBOUNDED);
      } else if (in.skip("+")) {
        part = new RulePart.Times(part, 1, Regexes.UNBOUNDED);
      } else if (in.skip("?")) {
        part = new RulePart.Times(part, 0, 1);
      } else if (in.skip("{")) {
        blanks(inGroup);
        int min = in.number();
        int max = min;
        blanks(inGroup);
        if (in.skip(",")) {
          blanks(inGroup);
          max = in.peek() == '}' ? Regexes.UNBOUNDED : in.number();
          blanks(inGroup);
        }
        in.expect("}");
        if ((max != Regexes.UNBOUNDED && max < min) || Math.max(min, max) > MOST_TIMES) {
          throw in.invalid("from " + min + " to " + max + " times");
        }
        part = new RulePart.Times(part, min, max);
      } else {
        return part;
      }
      blanks(inGroup);
    }
  }

  private RulePart group() {
    if (++depth > MOST_DEPTH) {
      throw in.unsupported("groups more than " + MOST_DEPTH + " deep");
    }
    in.expect("(");
    RulePart part = alternatives(true);
    blanks(true);
    in.expect(")");
    depth--;
    return part;
  }

  private RulePart literal() {
    in.expect("\"");
    List<Integer> all = new ArrayList<>();
    while (in.peek() != '"') {
      all.add(Encoding.UTF_8.character(regexes, CodePoints.of(character())));
    }
    in.expect("\"");
    return new RulePart.Regular(
        regexes.sequence(all.stream().mapToInt(Integer::intValue).toArray()));
  }

  private CodePoints brackets() {
    in.expect("[");
    boolean negated = in.skip("^");
    CodePoints all = CodePoints.NONE;
    while (in.peek() != ']') {
      int first = character();
      int last = first;
      if (in.peek() == '-' && in.peek(1) != ']') {
        in.next();
        last = character();
        if (last < first) {
          throw in.invalid("a range that ends before it begins");
        }
      }
      all = all.or(CodePoints.of(first, last));
    }
    in.expect("]");
    return negated ? all.not() : all;
  }

  private int character() {
    int c = in.next();
    if (c != '\\') {
      return c;
    }
    int escaped = in.next();
    return switch (escaped) {
      case 'x' -> in.hex(2);
      case 'u' -> in.hex(4);
      case 'U' -> in.hex(8);
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'n' -> '\n';
      case '\\', '"', '[', ']' -> escaped;
      default -> throw in.invalid("no such escape");
    };
  }
}
