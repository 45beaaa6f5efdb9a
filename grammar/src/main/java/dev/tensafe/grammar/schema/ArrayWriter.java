package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.match.Grammar;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes arrays of a form. A list is left-recursive; how many items there were, and how many of
 * them were what the array has to contain, is in its symbol, as far as it still matters.
 */
final class ArrayWriter {
  private static final int MOST_CONTAINS = 4;

  private final GrammarWriter values;
  private final Grammar.Builder builder;
  private final Texts texts;
  private final Work work;

  ArrayWriter(GrammarWriter values, Grammar.Builder builder, Texts texts, Work work) {
    this.values = values;
    this.builder = builder;
    this.texts = texts;
    this.work = work;
  }

  /** Items so far, and those found for each of what it contains. */
  private record Count(int items, List<Integer> found) {}

  /** The productions of a rule. */
  void write(ArrayShape shape, int rule) {
    int longest = shape.longest();
    if (shape.unique() && longest > 1) {
      throw SchemaErrors.unsupported(
          shape.where(), "uniqueItems of arrays that may have more than one item");
    }
    List<ArrayShape.Contains> contains = List.copyOf(shape.contains());
    if (contains.size() > MOST_CONTAINS) {
      throw SchemaErrors.tooComplex(
          shape.where(), "more than " + MOST_CONTAINS + " times contains at once");
    }
    int enough = Math.max(shape.min(), shape.prefix().size());
    for (ArrayShape.Contains c : contains) {
      enough = Math.max(enough, c.from());
    }
    int cap = longest == ArrayShape.UNBOUNDED ? enough : longest;
    int open = values.terminal(texts.open("["));
    int close = values.terminal(texts.close("]"));
    int comma = values.terminal(texts.comma());
    Count start = new Count(0, contains.stream().map(c -> 0).toList());
    if (ends(shape, contains, start)) {
      builder.produce(rule, open, close);
    }
    // a list that has come back to the first count is not the empty one: that has no symbol
    Map<Count, Integer> symbols = new LinkedHashMap<>();
    Deque<Count> left = new ArrayDeque<>();
    int[] none = {};
    boolean first = true;
    for (Count count = start; count != null; count = left.poll()) {
      int[] before = first ? none : new int[] {symbols.getOrDefault(count, -1), comma};
      first = false;
      if (count.items() < longest) {
        for (Step step : steps(shape, contains, count, cap)) {
          work.spend(1, shape.where());
          Integer to = symbols.get(step.to());
          if (to == null) {
            to = builder.rule();
            symbols.put(step.to(), to);
            left.add(step.to());
            if (ends(shape, contains, step.to())) {
              builder.produce(rule, open, to, close);
            }
          }
          int[] body = Arrays.copyOf(before, before.length + 1);
          body[before.length] = values.symbol(step.item());
          builder.produce(to, body);
        }
      }
    }
  }

  private record Step(Formula item, Count to) {}

  private static boolean ends(ArrayShape shape, List<ArrayShape.Contains> contains, Count count) {
    boolean enough = count.items() >= shape.min();
    for (int i = 0; i < contains.size(); i++) {
      enough &= count.found().get(i) >= contains.get(i).min();
    }
    return enough;
  }

  /** The ways in which one more item may be. */
  private static List<Step> steps(
      ArrayShape shape, List<ArrayShape.Contains> contains, Count count, int cap) {
    Formula plain = shape.at(count.items());
    int items = Math.min(count.items() + 1, cap);
    List<Step> steps = new ArrayList<>();
    steps.add(new Step(plain, new Count(items, List.of())));
    for (int i = 0; i < contains.size(); i++) {
      ArrayShape.Contains c = contains.get(i);
      int found = count.found().get(i);
      List<Step> more = new ArrayList<>();
      for (Step step : steps) {
        if (count.items() < c.from()) {
          more.add(found(step, step.item(), found));
        } else if (c.max() == ArrayShape.UNBOUNDED) {
          // whether further ones are found does not matter
          more.add(found(step, step.item(), found));
          if (found < c.min()) {
            more.add(found(step, Formula.all(step.item(), c.formula()), found + 1));
          }
        } else {
          more.add(found(step, Formula.all(step.item(), Formula.not(c.formula())), found));
          if (found < c.max()) {
            more.add(found(step, Formula.all(step.item(), c.formula()), found + 1));
          }
        }
      }
      steps = more;
    }
    steps.removeIf(step -> step.item().equals(Formula.Truth.FALSE));
    return steps;
  }

  private static Step found(Step step, Formula item, int found) {
    List<Integer> all = new ArrayList<>(step.to().found());
    all.add(found);
    return new Step(item, new Count(step.to().items(), all));
  }
}
