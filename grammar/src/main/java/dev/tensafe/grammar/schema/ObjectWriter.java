package dev.tensafe.grammar.schema;

import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes objects of a form: the named properties in their order, then any number of others. What is
 * written so far, as far as it still matters, is in the symbol; symbols are left-recursive.
 *
 * <p>Two of the others may have one name: the grammar does not remember names. Readers of JSON keep
 * the last, and each of them meets the conditions, so the object is valid; but of a least number of
 * properties, all others count as one.
 */
final class ObjectWriter {
  private static final int MOST_SOME = 6;
  private static final int MOST_CLASSES = 64;

  private final GrammarWriter values;
  private final Grammar.Builder builder;
  private final Texts texts;
  private final ValueAlgebra algebra;
  private final Work work;

  ObjectWriter(
      GrammarWriter values, Grammar.Builder builder, Texts texts, ValueAlgebra algebra, Work work) {
    this.values = values;
    this.builder = builder;
    this.texts = texts;
    this.algebra = algebra;
    this.work = work;
  }

  /** Names that are not named, with one condition. */
  private record Others(int names, Formula formula) {}

  /**
   * What was written.
   *
   * @param count properties, as far as it matters
   * @param distinct properties whose names differ for certain, as far as it matters
   * @param found bits of what there has to be some of
   */
  private record Written(int count, int distinct, int found) {}

  /** The productions of a rule. */
  void write(ObjectShape shape, int rule) {
    new Form(shape, rule).write();
  }

  private final class Form {
    private final ObjectShape shape;
    private final int rule;
    private final List<ObjectShape.Rule> some;
    private final List<Others> others;
    private final int most;
    private final int least;

    Form(ObjectShape shape, int rule) {
      this.shape = shape;
      this.rule = rule;
      this.some = List.copyOf(shape.some());
      if (some.size() > MOST_SOME) {
        throw SchemaErrors.tooComplex(shape.where(), "too many contraries of properties");
      }
      this.others = others();
      int possible = 0;
      for (Map.Entry<String, Formula> p : shape.named().entrySet()) {
        possible += algebraOf(p).equals(Formula.Truth.FALSE) ? 0 : 1;
      }
      this.least = shape.min() <= shape.required().size() ? 0 : shape.min();
      if (!others.isEmpty() && least > possible + 1) {
        throw SchemaErrors.unsupported(
            shape.where(),
            "minProperties " + shape.min() + ", where names are open and may be repeated");
      }
      boolean unlimited = others.isEmpty() && possible <= shape.max();
      this.most = unlimited ? ArrayShape.UNBOUNDED : shape.max();
    }

    /** A named property's condition, with those that hold for all of such a name. */
    private Formula algebraOf(Map.Entry<String, Formula> property) {
      Formula all = property.getValue();
      for (ObjectShape.Rule r : shape.rules()) {
        if (!r.except().contains(property.getKey()) && matches(r.names(), property.getKey())) {
          all = Formula.all(all, r.formula());
        }
      }
      return all;
    }

    private boolean matches(int names, String name) {
      return algebra.both(texts.strings().literal(name), names, texts.strings().all())
          != Regexes.NOTHING;
    }

    /** Names that are not named, by what holds for them. */
    private List<Others> others() {
      int universe = texts.strings().all();
      int free =
          shape.named().isEmpty()
              ? universe
              : algebra.rest(texts.strings().literals(shape.named().keySet()), universe);
      Map<Formula, Integer> classes = new LinkedHashMap<>();
      classes.put(Formula.Truth.TRUE, free);
      for (ObjectShape.Rule r : shape.rules()) {
        Map<Formula, Integer> split = new LinkedHashMap<>();
        classes.forEach(
            (formula, names) -> {
              work.spend(4, shape.where());
              add(split, formula, algebra.both(names, algebra.rest(r.names(), universe), universe));
              Formula both = Formula.all(formula, r.formula());
              if (!both.equals(Formula.Truth.FALSE)) {
                add(split, both, algebra.both(names, r.names(), universe));
              }
            });
        classes = split;
        if (classes.size() > MOST_CLASSES) {
          throw SchemaErrors.tooComplex(shape.where(), "too many patterns of names");
        }
      }
      List<Others> all = new ArrayList<>();
      classes.forEach((formula, names) -> all.add(new Others(names, formula)));
      return all;
    }

    private void add(Map<Formula, Integer> classes, Formula formula, int names) {
      if (names != Regexes.NOTHING) {
        classes.merge(formula, names, texts.regexes()::any);
      }
    }

    void write() {
      Map<Written, List<int[]>> now = new LinkedHashMap<>();
      now.put(new Written(0, 0, 0), List.of(new int[0]));
      for (Map.Entry<String, Formula> property : shape.named().entrySet()) {
        Formula formula = algebraOf(property);
        if (formula.equals(Formula.Truth.FALSE) && shape.required().contains(property.getKey())) {
          return; // no object is of this form
        }
        if (!formula.equals(Formula.Truth.FALSE)) {
          now = behind(now, property.getKey(), formula);
        }
      }
      int open = values.terminal(texts.open("{"));
      int close = values.terminal(texts.close("}"));
      Map<Written, @Nullable Integer> symbols = symbols(now);
      symbols.forEach(
          (written, symbol) -> {
            if (ends(written)) {
              builder.produce(
                  rule, symbol == null ? new int[] {open, close} : new int[] {open, symbol, close});
            }
          });
      if (!others.isEmpty()) {
        writeOthers(symbols, open, close);
      }
    }

    private boolean ends(Written written) {
      return written.distinct() >= least && written.found() == (1 << some.size()) - 1;
    }

    /** Symbols of what may be written; null for nothing at all. */
    private Map<Written, @Nullable Integer> symbols(Map<Written, List<int[]>> bodies) {
      Map<Written, @Nullable Integer> symbols = new LinkedHashMap<>();
      bodies.forEach(
          (written, all) -> {
            if (all.size() == 1 && all.get(0).length <= 1) {
              symbols.put(written, all.get(0).length == 0 ? null : (Integer) all.get(0)[0]);
              return;
            }
            int symbol = builder.rule();
            all.forEach(body -> builder.produce(symbol, body));
            symbols.put(written, symbol);
          });
      return symbols;
    }

    private Map<Written, List<int[]>> behind(
        Map<Written, List<int[]>> before, String name, Formula formula) {
      boolean required = shape.required().contains(name);
      int literal = texts.strings().literal(name);
      Map<Written, List<int[]>> now = new LinkedHashMap<>();
      symbols(before)
          .forEach(
              (written, symbol) -> {
                if (!required) {
                  put(now, written, symbol == null ? new int[0] : new int[] {symbol});
                }
                write(now, written, symbol, literal, formula, true);
              });
      return now;
    }

    /** One more property, in all ways that matter. */
    private void write(
        Map<Written, List<int[]>> now,
        Written written,
        @Nullable Integer symbol,
        int names,
        Formula formula,
        boolean distinct) {
      if (most != ArrayShape.UNBOUNDED && written.count() >= most) {
        return;
      }
      int count = most == ArrayShape.UNBOUNDED ? 1 : written.count() + 1;
      int different = Math.min(least, written.distinct() + (distinct ? 1 : 0));
      int universe = texts.strings().all();
      for (int bits = 0; bits < 1 << some.size(); bits++) {
        if ((bits & written.found()) != 0) {
          continue;
        }
        Formula all = formula;
        int of = names;
        for (int i = 0; i < some.size(); i++) {
          if ((bits >> i & 1) != 0) {
            of = algebra.both(of, some.get(i).names(), universe);
            all = Formula.all(all, some.get(i).formula());
          }
        }
        if (of == Regexes.NOTHING || all.equals(Formula.Truth.FALSE)) {
          continue;
        }
        work.spend(1, shape.where());
        int name = texts.name(of);
        int value = values.symbol(all);
        int[] body =
            symbol == null
                ? new int[] {values.terminal(name), value}
                : new int[] {
                  symbol, values.terminal(texts.regexes().then(texts.comma(), name)), value
                };
        put(now, new Written(count, different, written.found() | bits), body);
      }
    }

    private static void put(Map<Written, List<int[]>> now, Written written, int[] body) {
      now.computeIfAbsent(written, w -> new ArrayList<>()).add(body);
    }

    private void writeOthers(Map<Written, @Nullable Integer> before, int open, int close) {
      Map<Written, Integer> symbols = new LinkedHashMap<>();
      Deque<Written> left = new ArrayDeque<>();
      before.forEach((written, symbol) -> one(written, symbol, true, symbols, left));
      for (Written written = left.poll(); written != null; written = left.poll()) {
        one(written, symbols.get(written), false, symbols, left);
      }
      symbols.forEach(
          (written, symbol) -> {
            if (ends(written)) {
              builder.produce(rule, open, symbol, close);
            }
          });
    }

    private void one(
        Written written,
        @Nullable Integer symbol,
        boolean first,
        Map<Written, Integer> symbols,
        Deque<Written> left) {
      Map<Written, List<int[]>> now = new LinkedHashMap<>();
      for (Others o : others) {
        write(now, written, symbol, o.names(), o.formula(), first);
      }
      now.forEach(
          (to, bodies) -> {
            Integer known = symbols.get(to);
            if (known == null) {
              known = builder.rule();
              symbols.put(to, known);
              left.add(to);
            }
            for (int[] body : bodies) {
              builder.produce(known, Arrays.copyOf(body, body.length));
            }
          });
    }
  }
}
