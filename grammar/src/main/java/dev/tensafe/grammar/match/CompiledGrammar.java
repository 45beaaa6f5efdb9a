package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.GrammarException;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A grammar over a vocabulary. Its matchers share what they find out about states and masks; no
 * lock is held while one finds something out, but for single transitions. Thread-safe.
 */
public final class CompiledGrammar {
  private static final long WORK_OF_BEGINNING = 5_000_000;

  /** Steps of one token's text: some milliseconds. */
  private static final long WORK_OF_A_TOKEN = 500_000;

  /** Steps of one mask, terminal by terminal; one in a thousand takes 40,000. */
  private static final long WORK_OF_A_MASK = 1_000_000;

  /** Steps of all masks of one text for which that is not enough: a few seconds. */
  private static final long WORK_OF_HARD_MASKS = 64_000_000;

  private static final int TOKENS_TRIED = 4;

  private static final long MOST_MASK_BYTES = 4L << 20;

  /** Nodes that are passed again rather than kept. */
  private static final int FEW_NODES = 1000;

  private final int fewNodes;
  private final Automaton automaton;
  private final TokenTrie trie;
  private final State begin;
  private final byte[] classOf = new byte[256];

  /** Tells its states from those of others in what all grammars share. */
  private final Object owner = new Object();

  private final int mostMasks;
  private final ReentrantLock lock = new ReentrantLock();

  /** The masks used last; under the lock, which is held to look and to enter only. */
  private final Map<State, long[]> masks = new LinkedHashMap<>(64, 0.75f, true);

  /**
   * Compiles.
   *
   * @throws GrammarException {@code grammar.too_complex}
   */
  public CompiledGrammar(Grammar grammar, TokenTrie trie) {
    this(grammar, trie, FEW_NODES);
  }

  /**
   * Compiles.
   *
   * @param fewNodes of the trie that are passed again rather than kept
   */
  CompiledGrammar(Grammar grammar, TokenTrie trie, int fewNodes) {
    this.fewNodes = fewNodes;
    this.automaton = new Automaton(grammar);
    this.trie = trie;
    this.mostMasks = (int) Math.max(16, MOST_MASK_BYTES / (8L * trie.words() + 1));
    for (int value = 0; value < 256; value++) {
      classOf[value] = (byte) grammar.dfa().classOf(value);
    }
    this.begin = automaton.begin(new Fuel(WORK_OF_BEGINNING));
  }

  /** A matcher before any text. */
  public Matcher matcher() {
    return matcher(() -> {});
  }

  /**
   * A matcher before any text.
   *
   * @param pause run now and then, without a lock, while a mask takes long; may take its time, and
   *     may end the work by an exception
   */
  public Matcher matcher(Runnable pause) {
    return new Matcher(this, begin, pause, new Fuel(WORK_OF_HARD_MASKS, pause));
  }

  /** Memory of its states and masks at present, in bytes, about; the vocabulary's is not in it. */
  public long bytes() {
    lock.lock();
    try {
      return automaton.grammar().dfa().bytes()
          + 40L * automaton.items()
          + (8L * trie.words() + 200) * masks.size();
    } finally {
      lock.unlock();
    }
  }

  TokenTrie trie() {
    return trie;
  }

  /** The state behind a text; {@link State#DEAD} when it cannot come. */
  State next(State state, byte[] text) {
    Fuel fuel = new Fuel(WORK_OF_A_TOKEN);
    State now = state;
    for (byte value : text) {
      now = automaton.next(now, classOf[value & 0xff] & 0xff, fuel);
      if (!now.isOpen() && !now.accepting) {
        return State.DEAD;
      }
    }
    return now;
  }

  /**
   * A bit per token; not to be changed.
   *
   * @param pause run now and then while it takes long
   * @param hard work that masks of one text may take beyond the usual, all of them together
   */
  long[] mask(State state, Runnable pause, Fuel hard) {
    long[] known = known(state);
    if (known == null) {
      known = make(state, pause, hard);
      keep(state, known);
    }
    return known;
  }

  private long[] make(State state, Runnable pause, Fuel hard) {
    try {
      Fuel fuel = new Fuel(WORK_OF_A_MASK, pause);
      return new MaskWalk(automaton, classOf, trie, owner, fewNodes, fuel).mask(state);
    } catch (GrammarException tooManyWays) {
      StateWalk walk = new StateWalk(automaton, classOf, hard);
      long[] mask = new long[trie.words()];
      for (TrieBand band : trie.bands()) {
        walk.mark(band, 0, band.nodes(), state, mask);
      }
      return mask;
    }
  }

  /**
   * Makes the first masks of one text, whatever it is. To be called before a grammar is used: what
   * is too much then is refused, and what was found out need not be found out again. A text may
   * still turn out too much further on.
   *
   * @throws GrammarException {@code grammar.too_complex}
   */
  public void tryOut() {
    Matcher matcher = matcher();
    Random random = new Random(TOKENS_TRIED);
    while (matcher.tokens() < TOKENS_TRIED) {
      int[] allowed = BitSet.valueOf(matcher.mask()).stream().toArray();
      if (allowed.length == 0) {
        return;
      }
      boolean unused = matcher.accept(allowed[random.nextInt(allowed.length)]);
    }
  }

  private long @Nullable [] known(State state) {
    lock.lock();
    try {
      return masks.get(state);
    } finally {
      lock.unlock();
    }
  }

  private void keep(State state, long[] mask) {
    lock.lock();
    try {
      masks.put(state, mask);
      if (masks.size() > mostMasks) {
        masks.remove(masks.keySet().iterator().next());
      }
    } finally {
      lock.unlock();
    }
  }

  /** The only byte that may come next; −1 when it is not the only one, or the text may end. */
  int onlyByte(State state) {
    if (state.accepting) {
      return -1;
    }
    boolean[] can = automaton.classes(state, new Fuel(WORK_OF_A_TOKEN));
    int only = -1;
    for (int value = 0; value < 256; value++) {
      if (can[classOf[value] & 0xff]) {
        if (only >= 0) {
          return -1;
        }
        only = value;
      }
    }
    return only;
  }
}
