package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Writes conditions as symbols of a grammar: one for each condition that comes up. */
final class GrammarWriter {
  private final Grammar.Builder builder;
  private final Texts texts;
  private final SchemaExpander expander;
  private final Map<Formula, Integer> symbols = new HashMap<>();
  private final Map<ArrayShape, Integer> arrays = new HashMap<>();
  private final Map<ObjectShape, Integer> objects = new HashMap<>();
  private final Deque<Runnable> open = new ArrayDeque<>();
  private final ArrayWriter arrayWriter;
  private final ObjectWriter objectWriter;
  private @Nullable Integer nothing;

  GrammarWriter(Grammar.Builder builder, Texts texts, SchemaExpander expander, Work work) {
    this.builder = builder;
    this.texts = texts;
    this.expander = expander;
    this.arrayWriter = new ArrayWriter(this, builder, texts, work);
    this.objectWriter = new ObjectWriter(this, builder, texts, expander.algebra(), work);
  }

  /**
   * The symbol of a condition, and of all that it leads to.
   *
   * @param needed whether some value has to meet it
   */
  int write(Formula formula, boolean needed) {
    Grammar.Builder.Amount before = builder.collected();
    int start = builder.rule();
    builder.produce(start, symbol(formula));
    while (!open.isEmpty()) {
      open.remove().run();
    }
    IntPredicate some = builder.ofSome(before);
    if (needed && !some.test(start)) {
      throw new UnmetSchema(expander, texts, symbols, some).error(formula);
    }
    return start;
  }

  /** The symbol of a condition; its productions may come later. */
  int symbol(Formula formula) {
    Integer known = symbols.get(formula);
    if (known != null) {
      return known;
    }
    ValueSet set = expander.expand(formula);
    int scalars = SchemaErrors.at(formula.where(), () -> terminal(texts.scalars(set)));
    int symbol = scalars;
    if (!set.arrays().isEmpty() || !set.objects().isEmpty()) {
      symbol = builder.rule();
      builder.produce(symbol, scalars);
    }
    symbols.put(formula, symbol);
    for (ArrayShape shape : set.arrays()) {
      builder.produce(symbol, array(shape));
    }
    for (ObjectShape shape : set.objects()) {
      builder.produce(symbol, object(shape));
    }
    return symbol;
  }

  private int array(ArrayShape shape) {
    Integer known = arrays.get(shape);
    if (known == null) {
      int rule = builder.rule();
      known = rule;
      arrays.put(shape, known);
      open.add(() -> named(shape.where(), () -> arrayWriter.write(shape, rule)));
    }
    return known;
  }

  private int object(ObjectShape shape) {
    Integer known = objects.get(shape);
    if (known == null) {
      int rule = builder.rule();
      known = rule;
      objects.put(shape, known);
      open.add(() -> named(shape.where(), () -> objectWriter.write(shape, rule)));
    }
    return known;
  }

  private static void named(String where, Runnable writing) {
    try {
      writing.run();
    } catch (GrammarException e) {
      throw SchemaErrors.of(e, where);
    }
  }

  /** A terminal; for an expression without texts, a symbol that nothing is of. */
  int terminal(int expression) {
    if (expression != Regexes.NOTHING && texts.regexes().isAlive(expression)) {
      return builder.terminal(expression);
    }
    if (nothing == null) {
      nothing = builder.rule();
    }
    return nothing;
  }
}
