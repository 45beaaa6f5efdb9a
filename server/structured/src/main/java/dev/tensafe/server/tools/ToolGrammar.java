package dev.tensafe.server.tools;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;
import java.util.Set;

/**
 * Grammars of answers: thoughts, text, calls. What {@link AnswerParser} reads in an answer of such
 * a grammar is what the grammar meant: free text has nothing in it that begins a call, and a call
 * is one of a tool of the request with arguments that are valid. Stateless.
 */
public final class ToolGrammar {
  private static final String OPEN = "<think>";
  private static final String CLOSE = "</think>";

  private ToolGrammar() {}

  /**
   * The symbol of a form behind the thoughts that may, or must, come first.
   *
   * @param form symbol of what comes then
   * @param specials texts among {@link Thinking#MARKERS} that are special tokens of the vocabulary
   */
  public static int behindThoughts(
      Grammar.Builder builder, int form, Thinking thinking, Set<String> specials) {
    return behindThoughts(new GrammarParts(builder, specials), form, form, thinking);
  }

  /**
   * The symbol of answers to a request. With {@code auto} it is text until a call begins, and calls
   * from there on; it may end after text and after a whole call. With {@code required} it is calls.
   *
   * @param specials texts among {@link ToolFormat#markers} and {@link Thinking#MARKERS} that are
   *     special tokens of the vocabulary: they are written as such
   * @throws GrammarException for a schema that can't be enforced; its place begins with the field
   *     of the request
   */
  public static int write(
      Grammar.Builder builder,
      ToolFormat format,
      ToolRequest request,
      Thinking thinking,
      Set<String> specials) {
    GrammarParts parts = new GrammarParts(builder, specials);
    ToolArguments arguments = new ToolArguments(parts, request);
    int calls = format.calls(arguments, request.parallel());
    if (request.choice().mode() == ToolChoice.Mode.REQUIRED) {
      return behindThoughts(parts, calls, calls, thinking);
    }
    int free = parts.without(format.trigger(arguments));
    int end = parts.any(parts.nothing(), calls);
    int thought = parts.sequence(parts.terminal(free), end);
    return behindThoughts(
        parts, thought, parts.sequence(parts.terminal(unthought(parts, free)), end), thinking);
  }

  /** Texts that do not begin with thoughts. */
  private static int unthought(GrammarParts parts, int free) {
    Regexes regexes = parts.regexes();
    int thought = regexes.sequence(parts.anySpaces(), parts.literal(OPEN), regexes.everything());
    return regexes.all(free, regexes.not(thought));
  }

  /**
   * @param thought symbol of what comes behind thoughts
   * @param unthought symbol of what comes without
   */
  private static int behindThoughts(
      GrammarParts parts, int thought, int unthought, Thinking thinking) {
    if (thinking == Thinking.NONE) {
      return unthought;
    }
    int inside = parts.without(parts.literal(CLOSE));
    int behind = parts.breaks(4);
    if (thinking == Thinking.OPENED) {
      return parts.sequence(parts.terminal(inside, parts.marker(CLOSE), behind), thought);
    }
    int thoughts = parts.terminal(parts.marker(OPEN), inside, parts.marker(CLOSE), behind);
    int start = parts.builder().rule();
    parts.builder().produce(start, thoughts, thought);
    parts.builder().produce(start, unthought);
    return start;
  }
}
