package dev.tensafe.grammar.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;

/**
 * Reads JSON Schemas into a grammar, whose texts are valid against them: all of them, always. What
 * cannot be enforced is refused. Confined to one thread; several schemas may go into one grammar.
 *
 * <p>The converse holds for values, not for all their spellings: what is written is described with
 * {@link StringTexts} and {@link NumberTexts}, and properties come in the schema's order.
 */
public final class JsonSchemaReader {
  /** Symbols of a whole grammar. */
  private static final int MOST_PLACES = 200_000;

  private static final int MOST_STATES = 200_000;

  private final Grammar.Builder builder;
  private final SchemaOptions options;
  private final Texts texts;

  /**
   * @param builder of the grammar that schemas become part of
   */
  public JsonSchemaReader(Grammar.Builder builder, SchemaOptions options) {
    this.builder = builder;
    this.options = options;
    this.texts = new Texts(builder.regexes(), options.whitespace());
  }

  /**
   * Reads a schema.
   *
   * @return the symbol of texts that are valid against it, without blanks around them
   * @throws GrammarException {@code schema.invalid}, {@code schema.unsupported} or {@code
   *     schema.too_complex}; {@link GrammarException#where} is the JSON pointer of the keyword
   */
  public int read(JsonNode schema) {
    return read(schema, true);
  }

  /**
   * As {@link #read}, of a value that may be left out: where none is valid, the symbol of no text.
   */
  public int readOptional(JsonNode schema) {
    return read(schema, false);
  }

  private int read(JsonNode schema, boolean needed) {
    if (!schema.isObject() && !schema.isBoolean()) {
      throw SchemaErrors.invalid("", "a schema is an object, true or false");
    }
    if (options.strict()) {
      StrictSubset.check(schema);
    }
    try {
      Work work = new Work(options.mostWork());
      SchemaDocument document = new SchemaDocument(schema, work);
      SchemaExpander expander = new SchemaExpander(document, work, texts);
      return new GrammarWriter(builder, texts, expander, work)
          .write(Formula.of(document.root()), needed);
    } catch (GrammarException e) {
      throw SchemaErrors.of(e, "");
    }
  }

  /** The symbol of any JSON object: what {@code json_object} asks for. */
  public int anyObject() {
    return read(JsonNodeFactory.instance.objectNode().put("type", "object"));
  }

  /**
   * A grammar of one schema.
   *
   * @throws GrammarException as {@link #read}
   */
  public static Grammar grammar(JsonNode schema, SchemaOptions options) {
    Grammar.Builder builder = new Grammar.Builder(new Regexes(MOST_STATES), MOST_PLACES);
    int start = new JsonSchemaReader(builder, options).read(schema);
    try {
      return builder.build(start);
    } catch (GrammarException e) {
      throw SchemaErrors.of(e, "");
    }
  }
}
