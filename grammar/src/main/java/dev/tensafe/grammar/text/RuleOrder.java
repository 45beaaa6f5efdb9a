package dev.tensafe.grammar.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Rules in an order in which each comes after those it names, and which of them name themselves in
 * the end (Tarjan's algorithm, without calls inside each other). Used once.
 */
final class RuleOrder {
  private final Map<String, Set<String>> names = new HashMap<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<String, Integer> lowest = new HashMap<>();
  private final List<String> open = new ArrayList<>();
  private final Set<String> isOpen = new HashSet<>();
  private final List<String> order = new ArrayList<>();
  private final Set<String> recursive = new HashSet<>();

  private record Frame(String rule, Iterator<String> names) {}

  /**
   * @param start all that it leads to is in the order
   */
  RuleOrder(Map<String, RulePart> rules, String start) {
    rules.forEach((rule, part) -> names.put(rule, named(part)));
    visit(start);
  }

  /** The rules that a part names. */
  static Set<String> named(RulePart part) {
    Set<String> found = new LinkedHashSet<>();
    List<RulePart> left = new ArrayList<>(List.of(part));
    while (!left.isEmpty()) {
      RulePart next = left.remove(left.size() - 1);
      if (next instanceof RulePart.Reference r) {
        found.add(r.rule());
      } else if (next instanceof RulePart.Sequence s) {
        left.addAll(s.of());
      } else if (next instanceof RulePart.Choice c) {
        left.addAll(c.of());
      } else if (next instanceof RulePart.Times t) {
        left.add(t.of());
      }
    }
    return found;
  }

  private Frame enter(String rule) {
    numbers.put(rule, numbers.size());
    lowest.put(rule, numbers.get(rule));
    open.add(rule);
    isOpen.add(rule);
    return new Frame(rule, names.getOrDefault(rule, Set.of()).iterator());
  }

  private void lower(String rule, int to) {
    lowest.merge(rule, to, Math::min);
  }

  private void visit(String start) {
    List<Frame> stack = new ArrayList<>(List.of(enter(start)));
    while (!stack.isEmpty()) {
      Frame frame = stack.get(stack.size() - 1);
      if (frame.names().hasNext()) {
        String next = frame.names().next();
        if (!numbers.containsKey(next)) {
          stack.add(enter(next));
        } else if (isOpen.contains(next)) {
          lower(frame.rule(), numbers.getOrDefault(next, 0));
        }
        continue;
      }
      stack.remove(stack.size() - 1);
      int low = lowest.getOrDefault(frame.rule(), 0);
      if (!stack.isEmpty()) {
        lower(stack.get(stack.size() - 1).rule(), low);
      }
      if (low == numbers.getOrDefault(frame.rule(), 0)) {
        close(frame.rule());
      }
    }
  }

  /** Takes the rules that all lead to each other. */
  private void close(String first) {
    int from = open.lastIndexOf(first);
    List<String> together = List.copyOf(open.subList(from, open.size()));
    open.subList(from, open.size()).clear();
    together.forEach(isOpen::remove);
    order.addAll(together);
    if (together.size() > 1 || names.getOrDefault(first, Set.of()).contains(first)) {
      recursive.addAll(together);
    }
  }

  List<String> order() {
    return order;
  }

  boolean isRecursive(String rule) {
    return recursive.contains(rule);
  }
}
