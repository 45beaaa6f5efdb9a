package dev.tensafe.grammar.match;

import dev.tensafe.grammar.Fuel;
import dev.tensafe.grammar.GrammarException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where one text is in its grammar: follows its tokens one by one, and back again. What a call may
 * take is bounded: beyond, it throws {@link GrammarException} with {@code grammar.too_complex}, and
 * the matcher is where it was. Confined to one thread at a time.
 */
public final class Matcher {
  private final CompiledGrammar grammar;
  private final List<State> states = new ArrayList<>();

  private final Runnable pause;

  /** Work that is left for masks that take more than the usual. */
  private final Fuel hard;

  Matcher(CompiledGrammar grammar, State begin, Runnable pause, Fuel hard) {
    this.grammar = grammar;
    this.pause = pause;
    this.hard = hard;
    states.add(begin);
  }

  /** Another at the same place, with the same tokens behind it. */
  public Matcher copy() {
    Matcher copy = new Matcher(grammar, states.get(0), pause, new Fuel(hard.left(), pause));
    copy.states.addAll(states.subList(1, states.size()));
    return copy;
  }

  private State now() {
    return states.get(states.size() - 1);
  }

  /**
   * Follows a token.
   *
   * @return false when it may not come; the matcher is where it was
   */
  public boolean accept(int token) {
    byte[] text = token < 0 || token >= grammar.trie().vocabSize() ? null : textOf(token);
    if (text == null) {
      return false;
    }
    State next = grammar.next(now(), text);
    if (!next.isOpen() && !next.accepting) {
      return false;
    }
    states.add(next);
    return true;
  }

  private byte @Nullable [] textOf(int token) {
    byte[] text = grammar.trie().text(token);
    return text.length == 0 ? null : text;
  }

  /** Tokens followed. */
  public int tokens() {
    return states.size() - 1;
  }

  /**
   * Goes back.
   *
   * @param tokens at most as many as were followed
   */
  public void rollBack(int tokens) {
    if (tokens < 0 || tokens > tokens()) {
      throw new IllegalArgumentException(
          tokens + " of " + tokens() + " tokens cannot be taken back");
    }
    states.subList(states.size() - tokens, states.size()).clear();
  }

  /** Whether the text may end here. */
  public boolean mayEnd() {
    return now().accepting;
  }

  /** Whether nothing may come but the end. */
  public boolean mustEnd() {
    return !now().isOpen();
  }

  /** The tokens that may come next: a bit each, token 0 the lowest of word 0; not to be changed. */
  public long[] mask() {
    return grammar.mask(now(), pause, hard);
  }

  /** The only token that may come next; −1 when it is not the only one, or the text may end. */
  public int forcedToken() {
    if (now().accepting) {
      return -1;
    }
    int only = -1;
    long[] mask = mask();
    for (int word = 0; word < mask.length; word++) {
      if (mask[word] != 0) {
        if (only >= 0 || Long.bitCount(mask[word]) > 1) {
          return -1;
        }
        only = word * 64 + Long.numberOfTrailingZeros(mask[word]);
      }
    }
    return only;
  }

  /**
   * Bytes that come next whatever is chosen.
   *
   * @param most bytes to look for
   */
  public byte[] forced(int most) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    State state = now();
    while (out.size() < most) {
      int only = grammar.onlyByte(state);
      if (only < 0) {
        break;
      }
      out.write(only);
      state = grammar.next(state, new byte[] {(byte) only});
    }
    return out.toByteArray();
  }
}
