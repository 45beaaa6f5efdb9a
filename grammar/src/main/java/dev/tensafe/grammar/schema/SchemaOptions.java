package dev.tensafe.grammar.schema;

/**
 * How a schema is read.
 *
 * @param whitespace what may stand between the parts of a text
 * @param strict whether the schema has to be within OpenAI's subset for structured outputs
 * @param mostWork steps that reading may take
 */
public record SchemaOptions(Whitespace whitespace, boolean strict, int mostWork) {
  /** Whitespace between the parts of JSON texts. */
  public enum Whitespace {
    /** None: {@code {"a":[1,2]}}. */
    COMPACT,
    /** None, or a blank behind a colon or a comma: {@code {"a": [1, 2]}}. */
    SPACED,
    /** None, a blank, or a line end and up to 40 blanks or tabs, wherever JSON allows it. */
    FLEXIBLE
  }

  /** Steps of reading where nothing else is said. */
  public static final int MOST_WORK = 200_000;

  /** Compact, any schema. */
  public static final SchemaOptions DEFAULT =
      new SchemaOptions(Whitespace.COMPACT, false, MOST_WORK);
}
