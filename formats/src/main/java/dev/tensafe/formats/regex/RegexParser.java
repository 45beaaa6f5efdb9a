package dev.tensafe.formats.regex;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads an expression by the rules of Python 3.11, {@code Lib/re/_parser.py}: alternatives, items,
 * groups, quantifiers. For one use.
 */
final class RegexParser {
  private static final int MAX_DEPTH = 100;

  private final RegexSource source;
  private final RegexEscapes escapes;
  private final Set<String> names = new HashSet<>();
  private RegexFlags flags = RegexFlags.NONE;
  private int groups;
  private int depth;

  /** An expression, and how many of its groups capture. */
  record Parsed(RegexNode node, int groups) {}

  RegexParser(String setting, String expression) {
    source = new RegexSource(setting, expression);
    escapes = new RegexEscapes(source);
  }

  Parsed parse() {
    RegexNode node = branches();
    if (!source.atEnd()) {
      throw source.malformed("a ')' without '('");
    }
    return new Parsed(node, groups);
  }

  private RegexNode branches() {
    if (++depth > MAX_DEPTH) {
      throw source.unsupported("more than " + MAX_DEPTH + " groups in each other", "");
    }
    List<RegexNode> branches = new ArrayList<>();
    do {
      branches.add(new Items(depth == 1 && branches.isEmpty()).read());
    } while (source.accept('|'));
    depth--;
    return branches.size() == 1 ? branches.get(0) : new RegexNode.Choice(branches);
  }

  /** One alternative. */
  private final class Items {
    private final List<RegexNode> items = new ArrayList<>();
    private final boolean first;

    /** Whether the last item has a quantifier. */
    private boolean repeated;

    Items(boolean first) {
      this.first = first;
    }

    RegexNode read() {
      while (!source.atEnd() && source.peek() != '|' && source.peek() != ')') {
        int start = source.position();
        int c = source.next();
        switch (c) {
          case '\\' -> add(escapes.item(flags));
          case '[' -> add(escapes.set(flags));
          case '.' -> add(new RegexNode.One(flags.dotAll() ? CharTest.ANY : CharTest.NO_LINE_FEED));
          case '^' -> add(new RegexNode.At(flags.multiline() ? Place.LINE_START : Place.START));
          case '$' -> add(new RegexNode.At(flags.multiline() ? Place.LINE_END : Place.END));
          case '*' -> repeat(0, RegexNode.ENDLESS, start);
          case '+' -> repeat(1, RegexNode.ENDLESS, start);
          case '?' -> repeat(0, 1, start);
          case '{' -> {
            if (!counted(start)) {
              add(escapes.literal('{', flags));
            }
          }
          case '(' -> group(start);
          default -> add(escapes.literal(c, flags));
        }
      }
      return items.size() == 1 ? items.get(0) : new RegexNode.Sequence(items);
    }

    private void add(RegexNode node) {
      items.add(node);
      repeated = false;
    }

    /** Reads a quantifier with numbers; false where the brace stands for itself. */
    private boolean counted(int start) {
      int here = source.position();
      if (!source.atEnd() && source.peek() == '}') {
        return false;
      }
      int low = source.number(start);
      int high = low;
      if (source.accept(',')) {
        high = source.number(start);
      }
      if (!source.accept('}')) {
        source.back(here);
        return false;
      }
      int min = low == RegexSource.NO_NUMBER ? 0 : low;
      int max = high == RegexSource.NO_NUMBER ? RegexNode.ENDLESS : high;
      if (max < min) {
        throw source.malformed("the numbers of '" + source.since(start) + "'");
      }
      repeat(min, max, start);
      return true;
    }

    private void repeat(int min, int max, int start) {
      if (items.isEmpty() || items.get(items.size() - 1) instanceof RegexNode.At) {
        throw source.malformed("nothing to repeat before '" + source.since(start) + "'");
      }
      if (repeated) {
        throw source.malformed("a second quantifier '" + source.since(start) + "'");
      }
      if (!source.accept('?') && source.accept('+')) {
        throw source.unsupported("a possessive quantifier", source.since(start));
      }
      items.add(new RegexNode.Repeat(items.remove(items.size() - 1), min, max));
      repeated = true;
    }

    private void group(int start) {
      if (!source.accept('?')) {
        groups++;
        add(body(start));
        return;
      }
      if (source.atEnd()) {
        throw source.malformed("an unfinished '(?'");
      }
      int c = source.next();
      switch (c) {
        case 'P' -> named(start);
        case ':' -> add(body(start));
        case '#' -> source.until(')', "a comment");
        case '=', '!' -> add(new RegexNode.Look(body(start), RegexNode.AHEAD, c == '='));
        case '<' -> behind(start);
        case '(' -> throw source.unsupported("a condition on a group", source.since(start));
        case '>' -> throw source.unsupported("an atomic group", source.since(start));
        default -> flagged(start);
      }
    }

    private void named(int start) {
      if (source.accept('=')) {
        source.until(')', "a reference");
        throw source.unsupported("a reference to a group", source.since(start));
      }
      if (!source.accept('<')) {
        throw source.malformed("the unknown extension '" + source.since(start) + "'");
      }
      String name = source.until('>', "a group's name");
      if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
        throw source.unsupported("a group's name that is no ASCII identifier", source.since(start));
      }
      if (!names.add(name)) {
        throw source.malformed("a second group '" + name + "'");
      }
      groups++;
      add(body(start));
    }

    private void behind(int start) {
      boolean wanted = source.accept('=');
      if (!wanted && !source.accept('!')) {
        throw source.malformed("the unknown extension '" + source.since(start) + "'");
      }
      RegexNode item = body(start);
      int width = RegexNode.width(item);
      if (width == RegexNode.VARIES) {
        throw source.malformed("a lookbehind without one width, '" + source.since(start) + "'");
      }
      add(new RegexNode.Look(item, width, wanted));
    }

    private void flagged(int start) {
      source.back(source.position() - 1);
      RegexFlags.Change change = RegexFlags.read(source, start);
      RegexFlags outside = flags;
      flags = change.apply(flags);
      if (change.global()) {
        if (!first || !items.isEmpty()) {
          throw source.malformed("global flags after the start, '" + source.since(start) + "'");
        }
        return;
      }
      add(body(start));
      flags = outside;
    }

    private RegexNode body(int start) {
      RegexFlags outside = flags;
      RegexNode node = branches();
      flags = outside;
      if (!source.accept(')')) {
        throw source.malformed("no ')' for '" + source.since(start) + "'");
      }
      // a group is one item, also one of a place or of what is repeated
      return new RegexNode.Sequence(List.of(node));
    }
  }
}
