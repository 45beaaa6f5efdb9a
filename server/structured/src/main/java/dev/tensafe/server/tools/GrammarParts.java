package dev.tensafe.server.tools;

import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.CodePoints;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Parts that the grammars of formats are put together from. Methods that say so return expressions,
 * others symbols. Confined to one thread.
 */
final class GrammarParts {
  private final Grammar.Builder builder;
  private final Regexes regexes;
  private final Set<String> specials;
  private final int text;

  /**
   * @param specials texts that are special tokens of the vocabulary: there they are written as such
   */
  GrammarParts(Grammar.Builder builder, Set<String> specials) {
    this.builder = builder;
    this.regexes = builder.regexes();
    this.specials = specials;
    int character = Encoding.UTF_8.character(regexes, CodePoints.ALL);
    this.text = regexes.repeat(character, 0, Regexes.UNBOUNDED);
  }

  Grammar.Builder builder() {
    return builder;
  }

  Regexes regexes() {
    return regexes;
  }

  /** Expression of every text. */
  int text() {
    return text;
  }

  /** Expression of one text. */
  int literal(String of) {
    return regexes.literal(of.getBytes(StandardCharsets.UTF_8));
  }

  /** Expression of any of some texts. */
  int literals(List<String> of) {
    return regexes.any(of.stream().mapToInt(this::literal).toArray());
  }

  /** Expression of a mark: the special token of that text, where there is one. */
  int marker(String of) {
    return specials.contains(of) ? regexes.special(of) : literal(of);
  }

  /** Expression of the texts that have none of an expression within. */
  int without(int expression) {
    int everything = regexes.everything();
    return regexes.all(text, regexes.not(regexes.sequence(everything, expression, everything)));
  }

  /** Expression of any white space that an answer's reader skips. */
  int anySpaces() {
    int space = regexes.any(literal(" "), literal("\t"), literal("\n"), literal("\r"));
    return regexes.repeat(space, 0, Regexes.UNBOUNDED);
  }

  /** Expression of the white space that may be written: none, a blank, or a line break and some. */
  int spaces() {
    int indent = regexes.repeat(literal(" "), 0, 20);
    return regexes.any(Regexes.EMPTY, literal(" "), regexes.then(literal("\n"), indent));
  }

  /** Expression of line breaks, so many at most. */
  int breaks(int most) {
    return regexes.repeat(literal("\n"), 0, most);
  }

  int terminal(int... expressions) {
    return builder.terminal(regexes.sequence(expressions));
  }

  int terminal(String text) {
    return builder.terminal(literal(text));
  }

  int nothing() {
    return sequence();
  }

  int sequence(int... symbols) {
    int rule = builder.rule();
    builder.produce(rule, symbols);
    return rule;
  }

  int any(int... symbols) {
    int rule = builder.rule();
    Arrays.stream(symbols).forEach(symbol -> builder.produce(rule, symbol));
    return rule;
  }

  /** One or more, with something between. */
  int several(int item, int between) {
    int more = builder.rule();
    builder.produce(more);
    builder.produce(more, between, item, more);
    return sequence(item, more);
  }
}
