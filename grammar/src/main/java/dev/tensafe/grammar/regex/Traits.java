package dev.tensafe.grammar.regex;

/**
 * What is known of an expression from what is known of its parts.
 *
 * @param nullable whether the empty text is one of it
 * @param plain whether no part says "all of" or "not"
 * @param depth calls that its derivative takes inside each other; a chain of parts is one
 * @param leastLength bytes of its shortest text, or fewer
 */
record Traits(boolean nullable, boolean plain, int depth, long leastLength) {
  static Traits of(Node node, Regexes regexes) {
    if (node instanceof Node.Then t) {
      return then(t, regexes);
    }
    if (node instanceof Node.Any a) {
      return any(a.of(), regexes);
    }
    if (node instanceof Node.All a) {
      return all(a.of(), regexes);
    }
    if (node instanceof Node.Not n) {
      return new Traits(!regexes.nullable(n.of()), false, regexes.depth(n.of()) + 1, 0);
    }
    if (node instanceof Node.Repeat r) {
      return new Traits(
          r.min() == 0,
          regexes.plain(r.of()),
          regexes.depth(r.of()) + 1,
          (long) r.min() * regexes.leastLength(r.of()));
    }
    if (node instanceof Node.Multiple m) {
      boolean nullable = m.begun() && m.remainder() == 0;
      return new Traits(nullable, true, 1, nullable ? 0 : 1);
    }
    return new Traits(node instanceof Node.Empty, true, 1, node instanceof Node.Bytes ? 1 : 0);
  }

  private static Traits then(Node.Then t, Regexes regexes) {
    boolean firstNullable = regexes.nullable(t.first());
    boolean chain = regexes.node(t.rest()) instanceof Node.Then;
    int rest = !firstNullable ? 0 : regexes.depth(t.rest()) + (chain ? 0 : 1);
    return new Traits(
        firstNullable && regexes.nullable(t.rest()),
        regexes.plain(t.first()) && regexes.plain(t.rest()),
        Math.max(regexes.depth(t.first()) + 1, rest),
        (long) regexes.leastLength(t.first()) + regexes.leastLength(t.rest()));
  }

  private static Traits any(Ids of, Regexes regexes) {
    boolean nullable = false;
    boolean plain = true;
    int depth = 0;
    long least = Long.MAX_VALUE;
    for (int i = 0; i < of.size(); i++) {
      nullable |= regexes.nullable(of.get(i));
      plain &= regexes.plain(of.get(i));
      depth = Math.max(depth, regexes.depth(of.get(i)));
      least = Math.min(least, regexes.leastLength(of.get(i)));
    }
    return new Traits(nullable, plain, depth + 1, least);
  }

  private static Traits all(Ids of, Regexes regexes) {
    boolean nullable = true;
    int depth = 0;
    long least = 0;
    for (int i = 0; i < of.size(); i++) {
      nullable &= regexes.nullable(of.get(i));
      depth = Math.max(depth, regexes.depth(of.get(i)));
      least = Math.max(least, regexes.leastLength(of.get(i)));
    }
    return new Traits(nullable, false, depth + 1, least);
  }
}
