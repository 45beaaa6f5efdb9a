package dev.tensafe.formats.regex;

import dev.tensafe.formats.FormatException;

/**
 * A regular expression of Python's {@code re} (3.11) over module names, which are printable ASCII.
 * It is simulated as an automaton, so time grows with the length of the expression times that of
 * the text, times the text's once more for lookarounds; there is no backtracking. What no automaton
 * can do is refused by its construct: references to groups, conditions on groups, possessive
 * quantifiers and atomic groups. So are verbose expressions, names of characters, and what Python
 * does not know. Immutable but for its {@link Budget}.
 */
public final class PythonRegex {
  private static final int MAX_LENGTH = 1 << 17;

  private final RegexProgram program;
  private final boolean alternatives;
  private final int groups;
  private final Budget budget;

  /** What all expressions of a file may cost together. For one thread at a time. */
  public static final class Budget {
    private static final int PARTS = 1 << 20;

    /** Seconds' worth; a rank for each module of the largest models takes half of it. */
    private static final long STEPS = 1L << 26;

    private int partsLeft = PARTS;
    private long stepsLeft = STEPS;

    void countPart() {
      if (--partsLeft < 0) {
        throw new FormatException(
            "peft.pattern", "the patterns are too large: more than " + PARTS + " parts in all");
      }
    }

    void countSteps(int steps) {
      stepsLeft -= steps;
      if (stepsLeft < 0) {
        throw new FormatException("peft.pattern", "the patterns take too many steps to match");
      }
    }
  }

  private PythonRegex(RegexParser.Parsed parsed, Budget budget) {
    this.program = RegexProgram.of(parsed.node(), budget);
    this.alternatives = parsed.node() instanceof RegexNode.Choice;
    this.groups = parsed.groups();
    this.budget = budget;
  }

  /**
   * Reads an expression.
   *
   * @param setting it stands in, for errors
   * @throws FormatException {@code peft.pattern} naming the construct that is not Python's or not
   *     translated
   */
  public static PythonRegex compile(String setting, String expression, Budget budget) {
    if (expression.length() > MAX_LENGTH) {
      throw new FormatException(
          "peft.pattern",
          setting
              + " has a pattern of "
              + expression.length()
              + " characters; at most "
              + MAX_LENGTH
              + " are read");
    }
    return new PythonRegex(new RegexParser(setting, expression).parse(), budget);
  }

  /** Whether the whole text matches, {@code re.fullmatch}. */
  public boolean matchesAll(String text) {
    return new RegexRun(text, budget).matches(program, 0, text.length());
  }

  /** Whether the text begins with a match, {@code re.match}. */
  public boolean matchesStart(String text) {
    return new RegexRun(text, budget).matches(program, 0, RegexRun.ANYWHERE);
  }

  /** Groups that capture. */
  public int groups() {
    return groups;
  }

  /** Whether it is alternatives without a group around them. */
  public boolean isAlternatives() {
    return alternatives;
  }
}
