package dev.tensafe.grammar.text;

import dev.tensafe.formats.Quoted;
import dev.tensafe.grammar.GrammarException;
import java.util.function.Predicate;

/** Names of special tokens in grammars: {@code <think>}, {@code <|tool_call|>}. */
final class SpecialName {
  private static final int MOST_CHARACTERS = 100;

  private SpecialName() {}

  /**
   * The name, with its brackets.
   *
   * @param known which there are
   */
  static String read(RuleScanner in, Predicate<String> known) {
    String where = in.where();
    if (in.looksAt("<[")) {
      throw in.unsupported("a token by its number");
    }
    StringBuilder name = new StringBuilder();
    do {
      if (name.length() == MOST_CHARACTERS || in.peek() == '\n') {
        throw in.invalid("a special token's name without its end");
      }
      name.appendCodePoint(in.next());
    } while (name.charAt(name.length() - 1) != '>');
    if (!known.test(name.toString())) {
      throw GrammarException.invalid(
          where,
          "the grammar is wrong at "
              + where
              + ": there is no special token "
              + Quoted.of(name.toString())
              + " that it could ask for; text stands in quotes");
    }
    return name.toString();
  }
}
