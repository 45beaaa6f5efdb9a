package dev.tensafe.grammar.match;

import dev.tensafe.grammar.GrammarException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A grammar over a vocabulary. Its matchers share what they find out about states and masks; a lock
 * lets one of them look at a time. Thread-safe.
 */
public final class CompiledGrammar {
  private final ReentrantLock lock = new ReentrantLock();
  private final Automaton automaton;
  private final MaskMaker masks;
  private final TokenTrie trie;
  private final State begin;

  /**
   * Compiles.
   *
   * @throws GrammarException {@code grammar.too_complex}
   */
  public CompiledGrammar(Grammar grammar, TokenTrie trie) {
    this.automaton = new Automaton(grammar);
    this.masks = new MaskMaker(automaton, trie);
    this.trie = trie;
    this.begin = automaton.begin();
  }

  /** A matcher before any text. */
  public Matcher matcher() {
    return new Matcher(this, begin);
  }

  TokenTrie trie() {
    return trie;
  }

  State next(State state, byte[] text) {
    lock.lock();
    try {
      State now = state;
      for (byte value : text) {
        now = automaton.next(now, value & 0xff);
        if (now.open().isEmpty() && !now.accepting()) {
          return now;
        }
      }
      return now;
    } finally {
      lock.unlock();
    }
  }

  /** A bit per token; not to be changed. */
  long[] mask(State state) {
    lock.lock();
    try {
      return masks.mask(state);
    } finally {
      lock.unlock();
    }
  }

  /** The only byte that may come next; −1 when it is not the only one, or the text may end. */
  int onlyByte(State state) {
    lock.lock();
    try {
      if (state.accepting()) {
        return -1;
      }
      int only = -1;
      for (Progress p : state.open()) {
        for (int value = 0; value < 256; value++) {
          if (automaton.regexes().next(p.expression(), value) != 0) {
            if (only >= 0 && only != value) {
              return -1;
            }
            only = value;
          }
        }
      }
      return only;
    } finally {
      lock.unlock();
    }
  }
}
