package dev.tensafe.batching.draft;

import dev.tensafe.model.exec.SequenceInput;

/**
 * What one request to a draft model leads to: the sequence's tokens, the guesses behind them.
 * Confined to one thread.
 */
final class ModelGuess {
  final DraftRequest request;
  final DraftCache.Kept kept;
  final int[] tokens;
  int rows;
  private int guesses;
  private int drawn;

  ModelGuess(DraftRequest request, DraftCache.Kept kept) {
    this.request = request;
    this.kept = kept;
    this.tokens = new int[request.count() + request.limit()];
    System.arraycopy(request.tokens(), 0, tokens, 0, request.count());
    kept.follow(tokens, request.count() - 1);
  }

  /** Tokens known, guesses among them. */
  int count() {
    return request.count() + guesses;
  }

  int pending() {
    return count() - kept.computed();
  }

  /** Whether all tokens are computed, or were before the last guess. */
  boolean complete() {
    return kept.computed() >= request.count();
  }

  boolean full() {
    return guesses == request.limit();
  }

  SequenceInput input() {
    int[] run = new int[rows];
    System.arraycopy(tokens, kept.computed(), run, 0, rows);
    return new SequenceInput(
        request.sequence(),
        "",
        SequenceInput.BASE,
        run,
        kept.computed(),
        request.promptLength(),
        kept.blocks(),
        rows == pending() ? SequenceInput.LogitRows.LAST : SequenceInput.LogitRows.NONE);
  }

  void ran() {
    kept.computed(tokens, kept.computed() + rows);
  }

  void add(int token) {
    tokens[count()] = token;
    guesses++;
    request.mask().accept(token);
    drawn++;
  }

  /** The mask is the sequence's again. */
  void takeBack() {
    if (drawn > 0) {
      request.mask().rewind(drawn);
      drawn = 0;
    }
  }

  int[] guessed() {
    int[] found = new int[guesses];
    System.arraycopy(tokens, request.count(), found, 0, guesses);
    return found;
  }
}
