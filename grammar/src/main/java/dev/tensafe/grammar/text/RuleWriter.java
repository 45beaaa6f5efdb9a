package dev.tensafe.grammar.text;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Rules as symbols of a grammar. A rule that does not lead back to itself is a regular expression,
 * and becomes one terminal: characters are then followed by an automaton and not by a parser. The
 * first rule stays a rule, so that its parts are terminals of their own, which other grammars may
 * have too. Used once.
 */
final class RuleWriter {
  private final Grammar.Builder builder;
  private final Regexes regexes;
  private final Map<String, RulePart> rules;
  private final Predicate<String> mustBeRegular;

  /** Rules with names that begin so are pieces of others. */
  static final String PIECE = "%";

  /** Of rules that are regular. */
  private final Map<String, Integer> expressions = new HashMap<>();

  /** Of rules that have a symbol. */
  private final Map<String, Integer> symbols = new HashMap<>();

  /**
   * @param mustBeRegular names of rules that may not lead back to themselves
   */
  RuleWriter(
      Grammar.Builder builder, Map<String, RulePart> rules, Predicate<String> mustBeRegular) {
    this.builder = builder;
    this.regexes = builder.regexes();
    this.rules = rules;
    this.mustBeRegular = mustBeRegular;
  }

  /**
   * Writes what a rule leads to.
   *
   * @return its symbol
   */
  int write(String start) {
    RuleOrder order = new RuleOrder(rules, start);
    for (String rule : order.order()) {
      RulePart part = part(rule, "");
      Integer expression = order.isRecursive(rule) ? null : regular(part);
      if (expression == null && mustBeRegular.test(rule)) {
        throw GrammarException.unsupported(
            "", "the terminal " + rule + " leads back to itself, or to a rule");
      }
      if (expression != null && !rule.equals(start)) {
        expressions.put(rule, expression);
      } else {
        symbols.computeIfAbsent(rule, r -> builder.rule());
        produce(symbolOf(rule), part);
      }
    }
    return symbolOf(start);
  }

  private RulePart part(String rule, String where) {
    RulePart part = rules.get(rule);
    if (part == null) {
      throw GrammarException.invalid(where, "there is no rule " + rule);
    }
    return part;
  }

  private int symbolOf(String rule) {
    return symbols.computeIfAbsent(rule, r -> builder.rule());
  }

  /** The expression of a part; null when it leads back to itself. */
  private @Nullable Integer regular(RulePart part) {
    if (part instanceof RulePart.Regular r) {
      return r.expression();
    }
    if (part instanceof RulePart.Reference r) {
      part(r.rule(), r.where());
      return expressions.get(r.rule());
    }
    if (part instanceof RulePart.Times t) {
      Integer of = regular(t.of());
      return of == null ? null : (Integer) regexes.repeat(of, t.min(), t.max());
    }
    List<RulePart> parts =
        part instanceof RulePart.Sequence s ? s.of() : ((RulePart.Choice) part).of();
    int[] of = new int[parts.size()];
    boolean all = true;
    for (int i = 0; i < of.length; i++) {
      Integer one = regular(parts.get(i));
      all &= one != null;
      of[i] = one == null ? Regexes.NOTHING : one;
    }
    return !all
        ? null
        : (Integer) (part instanceof RulePart.Sequence ? regexes.sequence(of) : regexes.any(of));
  }

  /** Adds the productions of a rule. */
  private void produce(int rule, RulePart part) {
    if (part instanceof RulePart.Choice c) {
      for (RulePart one : c.of()) {
        builder.produce(rule, sequence(one));
      }
    } else {
      builder.produce(rule, sequence(part));
    }
  }

  /** The symbols of parts in a row; what is regular and not a rule is joined. */
  private int[] sequence(RulePart part) {
    List<RulePart> parts = new ArrayList<>();
    flatten(part, parts);
    List<Integer> found = new ArrayList<>();
    int pending = Regexes.EMPTY;
    for (RulePart one : parts) {
      Integer expression = regular(one);
      if (expression != null && !isOfItsOwn(one)) {
        pending = regexes.then(pending, expression);
        if (expression == Regexes.NOTHING) {
          break;
        }
        continue;
      }
      if (pending != Regexes.EMPTY) {
        found.add(builder.terminal(pending));
        pending = Regexes.EMPTY;
      }
      found.add(expression != null ? builder.terminal(expression) : symbol(one));
    }
    if (pending != Regexes.EMPTY) {
      found.add(builder.terminal(pending));
    }
    return found.stream().mapToInt(Integer::intValue).toArray();
  }

  private static void flatten(RulePart part, List<RulePart> into) {
    if (part instanceof RulePart.Sequence s) {
      s.of().forEach(one -> flatten(one, into));
    } else {
      into.add(part);
    }
  }

  private static boolean isOfItsOwn(RulePart part) {
    return part instanceof RulePart.Reference r && !r.rule().startsWith(PIECE);
  }

  /** The symbol of a part that is not regular. */
  private int symbol(RulePart part) {
    if (part instanceof RulePart.Reference r) {
      return symbolOf(r.rule());
    }
    if (part instanceof RulePart.Times t) {
      return times(t);
    }
    int rule = builder.rule();
    produce(rule, part);
    return rule;
  }

  /** Repetitions without end are written with themselves first: they take few sets. */
  private int times(RulePart.Times t) {
    int of = symbol(t.of());
    int tail;
    if (t.max() == Regexes.UNBOUNDED) {
      tail = builder.rule();
      builder.produce(tail);
      builder.produce(tail, tail, of);
    } else {
      tail = -1;
      for (int i = t.min(); i < t.max(); i++) {
        int more = builder.rule();
        builder.produce(more);
        if (tail < 0) {
          builder.produce(more, of);
        } else {
          builder.produce(more, of, tail);
        }
        tail = more;
      }
    }
    int[] all = new int[t.min() + (tail < 0 ? 0 : 1)];
    for (int i = 0; i < t.min(); i++) {
      all[i] = of;
    }
    if (tail >= 0) {
      all[t.min()] = tail;
    }
    int rule = builder.rule();
    builder.produce(rule, all);
    return rule;
  }
}
