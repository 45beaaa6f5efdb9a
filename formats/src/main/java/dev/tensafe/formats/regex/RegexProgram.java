package dev.tensafe.formats.regex;

import java.util.ArrayList;
import java.util.List;

/**
 * An expression as steps of a nondeterministic automaton (Thompson, "Regular expression search
 * algorithm", CACM 1968). Immutable.
 */
final class RegexProgram {
  /** A step; unless it says otherwise the next one follows it. */
  sealed interface Step {}

  /** Reads a character. */
  record Read(CharTest test) implements Step {}

  /** Goes on at two places. */
  record Split(int first, int second) implements Step {}

  record Jump(int to) implements Step {}

  record Stand(Place place) implements Step {}

  /** Goes on if another program matches here, or does not; see {@link RegexNode.Look}. */
  record Look(RegexProgram program, int width, boolean wanted) implements Step {}

  record Done() implements Step {}

  private final List<Step> steps = new ArrayList<>();

  private RegexProgram() {}

  static RegexProgram of(RegexNode node, PythonRegex.Budget budget) {
    RegexProgram program = new RegexProgram();
    program.add(node, budget);
    program.steps.add(new Done());
    return program;
  }

  int size() {
    return steps.size();
  }

  Step step(int index) {
    return steps.get(index);
  }

  private void add(RegexNode node, PythonRegex.Budget budget) {
    budget.countPart();
    if (node instanceof RegexNode.One one) {
      steps.add(new Read(one.test()));
    } else if (node instanceof RegexNode.At at) {
      steps.add(new Stand(at.place()));
    } else if (node instanceof RegexNode.Sequence sequence) {
      sequence.items().forEach(item -> add(item, budget));
    } else if (node instanceof RegexNode.Choice choice) {
      addChoice(choice, budget);
    } else if (node instanceof RegexNode.Repeat repeat) {
      addRepeat(repeat, budget);
    } else if (node instanceof RegexNode.Look look) {
      steps.add(new Look(of(look.item(), budget), look.width(), look.wanted()));
    }
  }

  private void addChoice(RegexNode.Choice choice, PythonRegex.Budget budget) {
    List<Integer> ends = new ArrayList<>();
    int last = choice.branches().size() - 1;
    for (int i = 0; i < last; i++) {
      int split = reserve();
      add(choice.branches().get(i), budget);
      ends.add(reserve());
      steps.set(split, new Split(split + 1, steps.size()));
    }
    add(choice.branches().get(last), budget);
    ends.forEach(end -> steps.set(end, new Jump(steps.size())));
  }

  private void addRepeat(RegexNode.Repeat repeat, PythonRegex.Budget budget) {
    for (int i = 0; i < repeat.min(); i++) {
      add(repeat.item(), budget);
    }
    if (repeat.max() == RegexNode.ENDLESS) {
      int split = reserve();
      add(repeat.item(), budget);
      steps.add(new Jump(split));
      steps.set(split, new Split(split + 1, steps.size()));
      return;
    }
    List<Integer> splits = new ArrayList<>();
    for (int i = repeat.min(); i < repeat.max(); i++) {
      splits.add(reserve());
      add(repeat.item(), budget);
    }
    splits.forEach(split -> steps.set(split, new Split(split + 1, steps.size())));
  }

  /** The place of a step that is set when its targets are known. */
  private int reserve() {
    steps.add(new Jump(0));
    return steps.size() - 1;
  }
}
