package dev.tensafe.grammar.text;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Reads grammars in a subset of Lark (its "Grammar Reference"): rules, terminals, what is ignored,
 * imports from {@code common}; {@code <name>} is a special token. A text is of the grammar when
 * there is one way to cut it into terminals, as for Lark's Earley parser with its dynamic lexer.
 * The text begins with the rule {@code start}. Used once.
 */
final class LarkReader {
  private static final int MOST_DEPTH = 100;
  private static final int MOST_TIMES = 100_000;
  private static final int MOST_REPEATED = 8;

  /** What may come behind each terminal in a rule. */
  private static final String IGNORED = RuleWriter.PIECE + "ignore";

  private final Grammar.Builder builder;
  private final RuleScanner in;
  private final Predicate<String> specials;
  private final LarkTexts texts;
  private final Map<String, RulePart> rules = new LinkedHashMap<>();
  private final List<RulePart> ignored = new ArrayList<>();
  private final boolean ignores;

  /** Whether a terminal is being read, in which nothing is ignored. */
  private boolean inTerminal;

  private int depth;

  /**
   * @param specials which special tokens there are
   */
  LarkReader(Grammar.Builder builder, String text, Predicate<String> specials) {
    this.builder = builder;
    this.in = new RuleScanner(text);
    this.specials = specials;
    this.texts = new LarkTexts(in, builder.regexes());
    this.ignores = text.contains("%ignore");
  }

  /** The symbol of the whole text. */
  int read() {
    blanks(true);
    while (!in.atEnd()) {
      if (in.skip("%")) {
        directive();
      } else {
        definition();
      }
      if (!in.atEnd() && in.peek() != '\n') {
        throw in.invalid("expected the end of the line");
      }
      blanks(true);
    }
    if (!rules.containsKey("start")) {
      throw GrammarException.invalid("", "there is no rule start");
    }
    if (!ignores) {
      return new RuleWriter(builder, rules, LarkReader::isTerminal).write("start");
    }
    rules.put(IGNORED, new RulePart.Times(new RulePart.Choice(ignored), 0, Regexes.UNBOUNDED));
    String whole = "%start";
    rules.put(
        whole,
        new RulePart.Sequence(
            List.of(new RulePart.Reference(IGNORED, ""), new RulePart.Reference("start", ""))));
    return new RuleWriter(builder, rules, LarkReader::isTerminal).write(whole);
  }

  private void blanks(boolean lines) {
    while (true) {
      if (in.looksAt("//") || in.peek() == '#') {
        in.skipLine();
      } else if (!in.skipBlank() && !(lines && in.skip("\n"))) {
        return;
      }
    }
  }

  private static boolean isTerminal(String name) {
    String bare = name.startsWith("_") ? name.substring(1) : name;
    return !bare.isEmpty() && bare.charAt(0) >= 'A' && bare.charAt(0) <= 'Z';
  }

  private static boolean isOfName(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    while (isOfName(in.peek())) {
      name.appendCodePoint(in.next());
    }
    if (name.isEmpty()) {
      throw in.invalid("expected a name");
    }
    return name.toString();
  }

  private void define(String name, RulePart part) {
    if (rules.putIfAbsent(name, part) != null) {
      throw in.invalid(name + " is there twice");
    }
  }

  private void definition() {
    while (in.skip("?") || in.skip("!")) {
      // how the tree is shaped, which nobody sees
    }
    String name = name();
    if (in.peek() == '{') {
      throw in.unsupported("a template");
    }
    if (in.peek() == '.') {
      throw in.unsupported("a priority");
    }
    blanks(false);
    in.expect(":");
    inTerminal = isTerminal(name);
    define(name, alternatives());
    inTerminal = false;
  }

  private void directive() {
    String directive = name();
    blanks(false);
    switch (directive) {
      case "ignore" -> {
        inTerminal = true;
        ignored.add(alternatives());
        inTerminal = false;
      }
      case "import" -> imported();
      default -> throw in.unsupported("%" + directive);
    }
  }

  private void imported() {
    if (!in.skip("common")) {
      throw in.unsupported("an import of anything but common");
    }
    blanks(false);
    if (in.skip(".")) {
      String name = name();
      blanks(false);
      String as = name;
      if (in.skip("->")) {
        blanks(false);
        as = name();
        blanks(false);
      }
      define(as, texts.common(name));
      return;
    }
    in.expect("(");
    do {
      blanks(true);
      String name = name();
      define(name, texts.common(name));
      blanks(true);
    } while (in.skip(","));
    in.expect(")");
    blanks(false);
  }

  /** Alternatives; a line that begins with | belongs to the one before. */
  private RulePart alternatives() {
    List<RulePart> all = new ArrayList<>();
    do {
      blanks(true);
      all.add(sequence());
      continued();
    } while (in.skip("|"));
    return all.size() == 1 ? all.get(0) : new RulePart.Choice(all);
  }

  private void continued() {
    blanks(false);
    int ahead = 0;
    while (in.peek(ahead) == '\n' || in.peek(ahead) == ' ' || in.peek(ahead) == '\t') {
      ahead++;
    }
    if (in.peek(ahead) == '|' || depth > 0) {
      blanks(true);
    }
  }

  private RulePart sequence() {
    List<RulePart> all = new ArrayList<>();
    while (true) {
      blanks(depth > 0);
      if (in.skip("->")) {
        blanks(false);
        name();
        blanks(depth > 0);
        break;
      }
      int c = in.peek();
      if (c < 0 || c == '|' || c == ')' || c == ']' || c == '\n') {
        break;
      }
      all.add(repeated(atom()));
    }
    return all.size() == 1 ? all.get(0) : new RulePart.Sequence(all);
  }

  private RulePart atom() {
    int c = in.peek();
    if (c == '(') {
      return group(")");
    }
    if (c == '[') {
      return new RulePart.Times(group("]"), 0, 1);
    }
    if (isOfName(c)) {
      String where = in.where();
      String name = name();
      if (in.peek() == '{') {
        throw in.unsupported("a template");
      }
      if (!isTerminal(name)) {
        if (inTerminal) {
          throw in.invalid("a terminal has the rule " + name + " in it");
        }
        return new RulePart.Reference(name, where);
      }
      return terminal(new RulePart.Reference(name, where));
    }
    if (c == '%') {
      throw in.unsupported("% within a rule");
    }
    if (c == '<') {
      return terminal(
          new RulePart.Regular(builder.regexes().special(SpecialName.read(in, specials))));
    }
    return terminal(new RulePart.Regular(texts.read()));
  }

  /** With what is ignored behind it. */
  private RulePart terminal(RulePart part) {
    return inTerminal || !ignores
        ? part
        : new RulePart.Sequence(List.of(part, new RulePart.Reference(IGNORED, "")));
  }

  private RulePart group(String close) {
    if (++depth > MOST_DEPTH) {
      throw in.unsupported("groups more than " + MOST_DEPTH + " deep");
    }
    in.next();
    RulePart part = alternatives();
    blanks(true);
    in.expect(close);
    depth--;
    return part;
  }

  private RulePart repeated(RulePart of) {
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
      } else if (in.looksAt("~") || (in.looksAt(" ~") && in.next() == ' ')) {
        in.next();
        blanks(false);
        int min = in.number();
        int max = min;
        if (in.skip("..")) {
          max = in.number();
        }
        if (max < min || max > MOST_TIMES) {
          throw in.invalid("from " + min + " to " + max + " times");
        }
        part = new RulePart.Times(part, min, max);
      } else {
        return part;
      }
    }
  }
}
