package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;

/** What JSON texts consist of, as regular expressions. */
final class Texts {
  private final Regexes regexes;
  private final StringTexts strings;
  private final NumberTexts numbers;
  private final Formats formats;
  private final int blank;

  /** What may stand behind a comma or a colon. */
  private final int behind;

  Texts(Regexes regexes, SchemaOptions.Whitespace whitespace) {
    this.regexes = regexes;
    this.strings = new StringTexts(regexes);
    this.numbers = new NumberTexts(regexes);
    this.formats = new Formats(strings, regexes);
    // bounded: else a model that likes blanks writes nothing else
    int indent =
        regexes.sequence(
            regexes.optional(text("\r")),
            text("\n"),
            regexes.repeat(regexes.any(text(" "), text("\t")), 0, 40));
    this.blank =
        whitespace == SchemaOptions.Whitespace.FLEXIBLE
            ? regexes.any(Regexes.EMPTY, text(" "), indent)
            : Regexes.EMPTY;
    this.behind =
        whitespace == SchemaOptions.Whitespace.SPACED ? regexes.optional(text(" ")) : blank;
  }

  Regexes regexes() {
    return regexes;
  }

  StringTexts strings() {
    return strings;
  }

  NumberTexts numbers() {
    return numbers;
  }

  Formats formats() {
    return formats;
  }

  private int text(String ascii) {
    return regexes.literal(ascii.getBytes(StandardCharsets.US_ASCII));
  }

  /** A bracket and what may be blank behind it. */
  int open(String bracket) {
    return regexes.then(text(bracket), blank);
  }

  /** What may be blank, and a bracket. */
  int close(String bracket) {
    return regexes.then(blank, text(bracket));
  }

  int comma() {
    return regexes.sequence(blank, text(","), behind);
  }

  /** A name and its colon. */
  int name(int name) {
    return regexes.sequence(name, blank, text(":"), behind);
  }

  /** Scalars of a set: one expression for all of them. */
  int scalars(ValueSet set) {
    int all = Regexes.NOTHING;
    if ((set.fixed() & ValueSet.NULL) != 0) {
      all = regexes.any(all, text("null"));
    }
    if ((set.fixed() & ValueSet.YES) != 0) {
      all = regexes.any(all, text("true"));
    }
    if ((set.fixed() & ValueSet.NO) != 0) {
      all = regexes.any(all, text("false"));
    }
    return regexes.any(all, numbers(set.numbers()), set.strings());
  }

  /** Where only integers are meant, they are written without a fraction. */
  private int numbers(int set) {
    if (set == Regexes.NOTHING || set == numbers.all()) {
      return set;
    }
    if (set == numbers.integers().low()) {
      return numbers.canonicalIntegers();
    }
    int fractions = regexes.all(set, numbers.fractions());
    int integers = regexes.all(set, numbers.canonicalIntegers());
    return regexes.isAlive(fractions) || !regexes.isAlive(integers) ? set : integers;
  }
}
