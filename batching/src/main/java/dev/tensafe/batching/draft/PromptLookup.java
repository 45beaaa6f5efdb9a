package dev.tensafe.batching.draft;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Guesses that a sequence goes on as it did before: finds the longest end of its tokens that
 * occurred earlier in its own prompt or output, and gives what followed there. Where that reaches
 * the end of the sequence it goes round, so that what repeats is guessed as far as is asked.
 * Sequences never see one another's tokens.
 *
 * <p>A guess is graded by how long the match is that leads to it, and whether the same has always
 * followed. Tokens of long prompts are taken in over several steps, {@link #PER_STEP} of all
 * sequences in one; the tokens kept of all sequences together are bounded, at some 100 bytes each,
 * and a sequence beyond that gets no guesses. Confined to one thread.
 */
public final class PromptLookup implements Drafter {
  /** Tokens of a sequence that are looked through; when it is longer, at least half as many. */
  static final int WINDOW = 1 << 16;

  /** Tokens taken in at most in one step: a millisecond or less. */
  static final int PER_STEP = 2048;

  /** Tokens kept of all sequences together. */
  private static final int MOST = 1 << 20;

  private final Map<Long, Text> texts = new HashMap<>();
  private final int window;
  private final int most;
  private long held;

  public PromptLookup() {
    this(WINDOW, MOST);
  }

  /**
   * @param window tokens of a sequence that are looked through
   * @param most tokens kept of all sequences
   */
  PromptLookup(int window, int most) {
    this.window = window;
    this.most = most;
  }

  /** What is known of one sequence: its tokens from {@code start} on. */
  private static final class Text {
    SuffixAutomaton automaton = new SuffixAutomaton();
    int start;

    int end() {
      return start + automaton.count();
    }
  }

  @Override
  public Reading read(List<DraftRequest> requests) {
    BitSet ready = new BitSet();
    int left = PER_STEP;
    for (int i = 0; i < requests.size(); i++) {
      DraftRequest request = requests.get(i);
      Text text = texts.computeIfAbsent(request.sequence(), id -> new Text());
      left -= read(text, request, left);
      ready.set(i, text.end() == request.count());
    }
    return new Reading(ready, PER_STEP - left);
  }

  @Override
  public List<Draft> draft(List<DraftRequest> requests) {
    List<Draft> drafts = new ArrayList<>(requests.size());
    for (DraftRequest request : requests) {
      Text text = texts.get(request.sequence());
      drafts.add(text != null && text.end() == request.count() ? guess(text, request) : Draft.NONE);
    }
    return drafts;
  }

  /** Takes tokens in that are new, as far as there is room for them; returns how many. */
  private int read(Text text, DraftRequest request, int left) {
    int count = request.count();
    if (text.end() > count) {
      restart(text, 0); // tokens were dropped
    }
    if (text.automaton.count() >= window) {
      restart(text, text.end() - window / 2);
    }
    int until = Math.min(count, text.end() + left);
    until = Math.min(until, text.start + window);
    until = (int) Math.min(until, text.end() + most - held);
    int from = text.end();
    held += until - from;
    for (int i = from; i < until; i++) {
      text.automaton.add(request.tokens()[i]);
    }
    return until - from;
  }

  private void restart(Text text, int start) {
    held -= text.automaton.count();
    text.automaton = new SuffixAutomaton();
    text.start = start;
  }

  private static Draft guess(Text text, DraftRequest request) {
    SuffixAutomaton automaton = text.automaton;
    int at = automaton.matchEnd();
    if (at == SuffixAutomaton.NONE) {
      return Draft.NONE;
    }
    int[] tokens = request.tokens();
    int count = request.count();
    int[] guessed = new int[request.limit()];
    int[] grades = new int[request.limit()];
    int state = automaton.match();
    for (int i = 0; i < guessed.length; i++) {
      int from = text.start + at + 1 + i;
      guessed[i] = from < count ? tokens[from] : guessed[from - count];
      boolean sure = state == SuffixAutomaton.NONE || automaton.unequivocal(state);
      grades[i] = grade(automaton.matchLength() + i, sure);
      if (state != SuffixAutomaton.NONE) {
        state = automaton.follow(state, guessed[i]);
      }
    }
    return new Draft(guessed, grades);
  }

  /** Sixteen classes of lengths, each of two of how sure what follows is. */
  static int grade(int length, boolean sure) {
    int step;
    if (length <= 8) {
      step = length - 1;
    } else if (length <= 16) {
      step = 8 + (length - 9) / 4;
    } else {
      step = Math.min(15, 10 + (31 - Integer.numberOfLeadingZeros(length - 1)) - 4);
    }
    return 2 * step + (sure ? 1 : 0);
  }

  /** What copying texts came to: the longer the match, the surer. */
  @Override
  public double assumed(int grade) {
    int step = grade / 2;
    double wrong = step < 8 ? 0.6 / (1 + step) : 0.05;
    return 1 - (grade % 2 == 0 ? 1.3 * wrong : wrong);
  }

  @Override
  public void ended(long sequence) {
    Text text = texts.remove(sequence);
    if (text != null) {
      held -= text.automaton.count();
    }
  }

  /** Tokens kept at present. */
  long held() {
    return held;
  }

  @Override
  public void close() {
    texts.clear();
    held = 0;
  }
}
