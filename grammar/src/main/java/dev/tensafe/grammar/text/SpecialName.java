package dev.tensafe.grammar.text;

/** Names of special tokens in grammars: {@code <think>}, {@code <|tool_call|>}. */
final class SpecialName {
  private static final int MOST_CHARACTERS = 100;

  private SpecialName() {}

  /** The name, with its brackets. */
  static String read(RuleScanner in) {
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
    return name.toString();
  }
}
