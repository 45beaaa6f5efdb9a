package dev.tensafe.grammar.text;

import java.util.List;

/** A piece of a rule, as it was written. */
sealed interface RulePart {
  /**
   * A regular expression.
   *
   * @param expression of the grammar's {@link dev.tensafe.grammar.regex.Regexes}
   */
  record Regular(int expression) implements RulePart {}

  /**
   * The text of a rule.
   *
   * @param where it was named, for errors
   */
  record Reference(String rule, String where) implements RulePart {}

  /** One after the other; none is the empty text. */
  record Sequence(List<RulePart> of) implements RulePart {
    public Sequence {
      of = List.copyOf(of);
    }
  }

  /** Any of several. */
  record Choice(List<RulePart> of) implements RulePart {
    public Choice {
      of = List.copyOf(of);
    }
  }

  /**
   * Several times over.
   *
   * @param max {@link dev.tensafe.grammar.regex.Regexes#UNBOUNDED} for no end
   */
  record Times(RulePart of, int min, int max) implements RulePart {}
}
