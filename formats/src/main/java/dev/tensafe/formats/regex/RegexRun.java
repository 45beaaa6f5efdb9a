package dev.tensafe.formats.regex;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Programs on one text: all ways through an expression at once, each step at most once for each
 * place in the text. For one thread.
 */
final class RegexRun {
  /** A match may end anywhere. */
  static final int ANYWHERE = -1;

  private final String text;
  private final PythonRegex.Budget budget;

  /** Whether a lookaround's program matches at each place: 0 for unknown. */
  private final Map<RegexProgram.Look, byte[]> looks = new HashMap<>();

  RegexRun(String text, PythonRegex.Budget budget) {
    this.text = text;
    this.budget = budget;
  }

  /**
   * Whether a program matches.
   *
   * @param from where it begins
   * @param until where it must end, or {@link #ANYWHERE}
   */
  boolean matches(RegexProgram program, int from, int until) {
    budget.countSteps(program.size());
    Ways now = new Ways(program);
    Ways next = new Ways(program);
    now.enter(0, from);
    for (int at = from; ; at++) {
      if (now.done && (until == ANYWHERE || until == at)) {
        return true;
      }
      if (now.count == 0 || at == text.length()) {
        return false;
      }
      next.clear();
      for (int i = 0; i < now.count; i++) {
        int step = now.reading[i];
        if (program.step(step) instanceof RegexProgram.Read read
            && read.test().test(text.charAt(at))) {
          next.enter(step + 1, at + 1);
        }
      }
      Ways swap = now;
      now = next;
      next = swap;
    }
  }

  /** The steps that the ways through a program have come to at one place of the text. */
  private final class Ways {
    private final RegexProgram program;
    private final int[] seen;
    private final int[] reading;
    private int[] open = new int[16];
    private int round = 1;
    private int count;
    private boolean done;

    Ways(RegexProgram program) {
      this.program = program;
      this.seen = new int[program.size()];
      this.reading = new int[program.size()];
    }

    void clear() {
      round++;
      count = 0;
      done = false;
    }

    /** Comes to a step, and on to all that can be reached without a character. */
    void enter(int first, int at) {
      int left = push(0, first);
      while (left > 0) {
        int step = open[--left];
        if (seen[step] == round) {
          continue;
        }
        seen[step] = round;
        budget.countSteps(1);
        RegexProgram.Step what = program.step(step);
        if (what instanceof RegexProgram.Read) {
          reading[count++] = step;
        } else if (what instanceof RegexProgram.Done) {
          done = true;
        } else if (what instanceof RegexProgram.Jump jump) {
          left = push(left, jump.to());
        } else if (what instanceof RegexProgram.Split split) {
          left = push(push(left, split.second()), split.first());
        } else if (holds(what, at)) {
          left = push(left, step + 1);
        }
      }
    }

    private int push(int left, int step) {
      if (left == open.length) {
        open = Arrays.copyOf(open, 2 * left);
      }
      open[left] = step;
      return left + 1;
    }
  }

  private boolean holds(RegexProgram.Step what, int at) {
    if (what instanceof RegexProgram.Stand stand) {
      return stand.place().isAt(text, at);
    }
    return what instanceof RegexProgram.Look look && isThere(look, at) == look.wanted();
  }

  private boolean isThere(RegexProgram.Look look, int at) {
    byte[] known = looks.computeIfAbsent(look, l -> new byte[text.length() + 1]);
    if (known[at] == 0) {
      boolean there =
          look.width() == RegexNode.AHEAD
              ? matches(look.program(), at, ANYWHERE)
              : look.width() <= at && matches(look.program(), at - look.width(), at);
      known[at] = (byte) (there ? 1 : 2);
    }
    return known[at] == 1;
  }
}
