package dev.tensafe.formats.peft;

import dev.tensafe.formats.FormatException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression out of a configuration file. Matching counts the characters it looks at, so
 * that an expression built to backtrack forever ends in an error.
 */
final class BoundedRegex {
  private static final int MAX_LENGTH = 4096;
  private static final int MAX_READS = 1 << 20;

  private final Pattern pattern;

  BoundedRegex(String expression) {
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
      return pattern.matcher(new Counted(text, new int[1])).matches();
    } catch (StackOverflowError e) {
      throw tooCostly();
    }
  }

  private static FormatException tooCostly() {
    return new FormatException("peft.pattern", "a pattern takes too many steps to match");
  }

  private record Counted(String text, int[] reads) implements CharSequence {
    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (++reads[0] > MAX_READS) {
        throw tooCostly();
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Counted(text.substring(start, end), reads);
    }

    @Override
    public String toString() {
      return text;
    }
  }
}
