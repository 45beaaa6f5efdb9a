package dev.tensafe.grammar.text;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Dialect;
import dev.tensafe.grammar.regex.Encoding;
import dev.tensafe.grammar.regex.Pattern;
import dev.tensafe.grammar.regex.Regexes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/**
 * What a text must look like, as text. Each reader adds to a grammar and returns the symbol of
 * whole texts, so that a grammar may have more around it. All throw {@link GrammarException}:
 * {@code grammar.invalid} with the line and column, {@code grammar.unsupported} for what cannot be
 * kept exactly, {@code grammar.too_complex}. Work and depth are bounded whatever the text is.
 */
public final class TextGrammars {
  /** Expressions of one grammar. */
  private static final int MOST_EXPRESSIONS = 200_000;

  /** Symbols of one grammar. */
  private static final int MOST_PLACES = 200_000;

  private static final int MOST_CHOICES = 4096;

  private TextGrammars() {}

  private static boolean any(String name) {
    return true;
  }

  /** A grammar to read into, with the usual bounds. */
  public static Grammar.Builder builder() {
    return new Grammar.Builder(new Regexes(MOST_EXPRESSIONS), MOST_PLACES);
  }

  /** Reads llama.cpp's GBNF. */
  public static int gbnf(Grammar.Builder builder, String text) {
    return new GbnfReader(builder, text, TextGrammars::any).read();
  }

  /** Reads a subset of Lark; docs/GRAMMAR.md says which. */
  public static int lark(Grammar.Builder builder, String text) {
    return new LarkReader(builder, text, TextGrammars::any).read();
  }

  /** Reads either: a text with {@code ::=} is GBNF, as vLLM decides it. */
  public static int either(Grammar.Builder builder, String text) {
    return either(builder, text, TextGrammars::any);
  }

  /**
   * Reads either, for a vocabulary.
   *
   * @param specials whether there is a special token of a name, brackets included; a grammar that
   *     asks for another one is wrong
   */
  public static int either(Grammar.Builder builder, String text, Predicate<String> specials) {
    return text.contains("::=")
        ? new GbnfReader(builder, text, specials).read()
        : new LarkReader(builder, text, specials).read();
  }

  /** Texts that match a pattern of RE2 as a whole. */
  public static int regex(Grammar.Builder builder, String pattern) {
    return builder.terminal(
        Pattern.whole(builder.regexes(), Encoding.UTF_8, Dialect.RE2, pattern, ""));
  }

  /**
   * One of some texts.
   *
   * @param choices at least one
   */
  public static int choice(Grammar.Builder builder, List<String> choices) {
    if (choices.isEmpty()) {
      throw GrammarException.invalid("", "there is nothing to choose from");
    }
    if (choices.size() > MOST_CHOICES) {
      throw GrammarException.tooComplex(choices.size() + " choices; there may be " + MOST_CHOICES);
    }
    int[] all = new int[choices.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = builder.regexes().literal(choices.get(i).getBytes(StandardCharsets.UTF_8));
    }
    return builder.terminal(builder.regexes().any(all));
  }
}
