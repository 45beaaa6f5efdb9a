package dev.tensafe.formats.peft;

import dev.tensafe.formats.FormatException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression out of a configuration file. Matching counts the characters that it reads.
 * All expressions of a configuration share one limit, so an expression built to backtrack forever,
 * or many expressions, end in an error.
 */
final class BoundedRegex {
  private static final int MAX_LENGTH = 4096;

  private final Pattern pattern;
  private final Budget budget;

  /** Characters that may still be read: about a second's worth. */
  static final class Budget {
    private long left = 1L << 28;
  }

  BoundedRegex(String expression, Budget budget) {
    this.budget = budget;
    if (expression.length() > MAX_LENGTH) {
      throw new FormatException(
          "peft.pattern",
          "a pattern of " + expression.length() + " characters; at most " + MAX_LENGTH);
    }
    try {
      pattern = Pattern.compile(expression);
    } catch (PatternSyntaxException | StackOverflowError e) {
      throw new FormatException("peft.pattern", "'" + expression + "' is not a regular expression");
    }
  }

  /** Whether the whole text matches, Python's {@code re.fullmatch}. */
  boolean matches(String text) {
    try {
      return pattern.matcher(new Counted(text, budget)).matches();
    } catch (StackOverflowError e) {
      throw tooCostly();
    }
  }

  private static FormatException tooCostly() {
    return new FormatException("peft.pattern", "a pattern takes too many steps to match");
  }

  private record Counted(String text, Budget budget) implements CharSequence {
    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (--budget.left < 0) {
        throw tooCostly();
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Counted(text.substring(start, end), budget);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
