package dev.tensafe.server.structured;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.schema.JsonSchemaReader;
import dev.tensafe.grammar.schema.SchemaOptions;
import dev.tensafe.grammar.schema.SchemaOptions.Whitespace;
import dev.tensafe.grammar.text.TextGrammars;
import java.util.Set;

/** Writes forms as symbols of one grammar. Confined to one thread; used once. */
final class FormGrammar {
  private final Grammar.Builder builder = TextGrammars.builder();
  private final Set<String> specials;

  /**
   * @param specials special tokens of the vocabulary that grammars may ask for
   */
  FormGrammar(Set<String> specials) {
    this.specials = specials;
  }

  Grammar.Builder builder() {
    return builder;
  }

  /**
   * The symbol of a form.
   *
   * @throws GrammarException when it is wrong, cannot be enforced, or is too much
   */
  int of(OutputForm form) {
    if (form instanceof OutputForm.Schema schema) {
      SchemaOptions options =
          new SchemaOptions(
              whitespace(schema.flexible()), schema.strict(), SchemaOptions.MOST_WORK);
      return new JsonSchemaReader(builder, options).read(schema.schema());
    }
    if (form instanceof OutputForm.AnyObject any) {
      SchemaOptions options =
          new SchemaOptions(whitespace(any.flexible()), false, SchemaOptions.MOST_WORK);
      return new JsonSchemaReader(builder, options).anyObject();
    }
    if (form instanceof OutputForm.Regex regex) {
      return TextGrammars.regex(builder, regex.pattern());
    }
    if (form instanceof OutputForm.Choice choice) {
      return TextGrammars.choice(builder, choice.texts());
    }
    return TextGrammars.either(builder, ((OutputForm.Rules) form).source(), specials::contains);
  }

  private static Whitespace whitespace(boolean flexible) {
    return flexible ? Whitespace.FLEXIBLE : Whitespace.COMPACT;
  }

  /** The symbol of whatever is of one of two. */
  int either(int one, int other) {
    int both = builder.rule();
    builder.produce(both, one);
    builder.produce(both, other);
    return both;
  }

  Grammar build(int start) {
    return builder.build(start);
  }
}
