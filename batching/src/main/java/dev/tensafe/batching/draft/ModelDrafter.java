package dev.tensafe.batching.draft;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Guesses with a small model of the same vocabulary. Its cache keeps what it has computed of each
 * sequence: of the next request it drops what turned out differently and runs what is new, at most
 * {@code rowsPerCall} tokens of prompts in one call. Guesses are drawn as the token itself will be,
 * from the same random number of the same position, so they agree as often as the two models do.
 *
 * <p>No failure leaves it: where a row is no numbers the sequence gets no more guesses, and when
 * the executor fails, or {@value #STRIKES} sequences in a row do, nobody does. Confined to the
 * engine's thread.
 */
public final class ModelDrafter implements Drafter {
  private static final Logger LOG = LoggerFactory.getLogger(ModelDrafter.class);

  /** Tokens that a guess takes in by the way; whoever has more to catch up with is read first. */
  private static final int BY_THE_WAY = 16;

  /** Sequences in a row that it fails for before it is turned off. */
  private static final int STRIKES = 4;

  private final ModelExecutor executor;
  private final int rowsPerCall;
  private final int positions;
  private final Set<Integer> ends;
  private final Sampler sampler;
  private final DraftCache cache;
  private int strikes;
  private boolean off;
  private boolean closed;

  /**
   * @param executor of the small model, with a cache; closed with this
   * @param blocks of that cache
   * @param rowsPerCall tokens of sequences that have many to catch up with, in one call; at least 1
   * @param ends tokens behind which nothing is guessed
   */
  public ModelDrafter(ModelExecutor executor, int blocks, int rowsPerCall, Set<Integer> ends) {
    if (rowsPerCall < 1) {
      throw new IllegalArgumentException(rowsPerCall + " rows in a call; at least 1 is possible");
    }
    this.executor = executor;
    this.rowsPerCall = rowsPerCall;
    this.positions = executor.config().maxPositions();
    this.ends = Set.copyOf(ends);
    this.sampler = new Sampler(executor.config().vocabSize());
    this.cache = new DraftCache(blocks);
  }

  @Override
  public Reading read(List<DraftRequest> requests) {
    List<ModelGuess> all = new ArrayList<>(requests.size());
    cache.nextCall();
    requests.forEach(r -> all.add(new ModelGuess(r, cache.of(r.sequence()))));
    int tokens = 0;
    try {
      tokens = catchUp(all);
    } catch (RuntimeException | OutOfMemoryError e) {
      turnOff("the draft model failed", e);
    }
    BitSet ready = new BitSet();
    for (int i = 0; i < all.size(); i++) {
      ready.set(i, !off && ready(all.get(i)));
    }
    return new Reading(ready, tokens);
  }

  /**
   * Whether it has little to catch up with. One that failed is asked as others are: where guesses
   * run evenly it must not be told from them.
   */
  private boolean ready(ModelGuess g) {
    return g.request.count() <= positions && (g.kept.failed() || g.pending() <= BY_THE_WAY);
  }

  /**
   * Runs those that are behind, all but their last token; the nearest to its end first. Returns how
   * many tokens that were.
   */
  private int catchUp(List<ModelGuess> all) {
    List<ModelGuess> order = new ArrayList<>(all);
    order.removeIf(g -> off || ready(g) || g.request.count() > positions);
    order.sort(Comparator.comparingInt(ModelGuess::pending));
    List<ModelGuess> running = new ArrayList<>();
    int left = rowsPerCall;
    for (ModelGuess g : order) {
      int rows = Math.min(g.pending() - 1, left);
      if (rows > 0 && cache.reserve(g.kept, g.kept.computed() + rows)) {
        g.rows = rows;
        left -= rows;
        running.add(g);
      }
    }
    if (!running.isEmpty()) {
      run(running);
    }
    return rowsPerCall - left;
  }

  @Override
  public List<Draft> draft(List<DraftRequest> requests) {
    List<ModelGuess> guesses = new ArrayList<>(requests.size());
    if (!off) {
      cache.nextCall();
      requests.forEach(r -> guesses.add(new ModelGuess(r, cache.of(r.sequence()))));
      try {
        guess(guesses);
      } catch (RuntimeException | OutOfMemoryError e) {
        turnOff("the draft model failed", e);
      } finally {
        guesses.forEach(ModelGuess::takeBack);
      }
    }
    List<Draft> found = new ArrayList<>(requests.size());
    for (int i = 0; i < requests.size(); i++) {
      found.add(off ? Draft.NONE : Draft.of(guesses.get(i).guessed()));
    }
    return found;
  }

  /** Whether it has given up. */
  public boolean off() {
    return off;
  }

  private void turnOff(String why, Throwable cause) {
    off = true;
    cache.clear();
    LOG.error("{}; nothing is guessed with it from now on", why, cause);
  }

  private void guess(List<ModelGuess> all) {
    List<ModelGuess> running = start(all);
    while (!running.isEmpty()) {
      run(running);
      running.removeIf(g -> !goesOn(g));
    }
  }

  /**
   * Those that run first: whoever has as many tokens left as a step can have added, then the others
   * within the limit of a call, the nearest to its end first.
   */
  private List<ModelGuess> start(List<ModelGuess> all) {
    List<ModelGuess> order = new ArrayList<>(all);
    order.removeIf(g -> g.kept.failed() || g.request.count() > positions);
    order.sort(Comparator.comparingInt(ModelGuess::pending));
    List<ModelGuess> running = new ArrayList<>();
    int left = rowsPerCall;
    for (ModelGuess g : order) {
      int rows = g.pending();
      if (rows > g.request.limit() + 1) {
        rows = Math.min(rows, left);
        left -= rows;
      }
      if (rows > 0 && cache.reserve(g.kept, g.kept.computed() + rows)) {
        g.rows = rows;
        running.add(g);
      }
    }
    return running;
  }

  private void run(List<ModelGuess> running) {
    ForwardResult result =
        executor.forward(
            new ForwardBatch(running.stream().map(ModelGuess::input).toList()), List.of());
    for (int i = 0; i < running.size(); i++) {
      ModelGuess g = running.get(i);
      if (result.failures().containsKey(i)) {
        fail(g, new IllegalStateException("no hook was there to fail"));
        continue;
      }
      g.ran();
      if (g.complete()) {
        draw(g, result, result.firstRow()[i]);
      }
    }
  }

  private void draw(ModelGuess g, ForwardResult result, int row) {
    try {
      DraftRequest r = g.request;
      g.add(
          sampler.token(
              result.row(row), g.tokens, g.count(), r.promptLength(), r.params(), r.mask()));
      strikes = 0;
    } catch (EngineException e) {
      fail(g, e);
    }
  }

  private void fail(ModelGuess g, RuntimeException why) {
    g.kept.fail();
    if (++strikes >= STRIKES) {
      turnOff("the draft model fails for every sequence", why);
    } else {
      LOG.warn("the draft model fails for a sequence: {}", why.getMessage());
    }
  }

  /** Whether another guess follows; then its token is next to run. */
  private boolean goesOn(ModelGuess g) {
    if (off || g.kept.failed() || !g.complete() || g.full() || g.count() > positions) {
      return false;
    }
    int last = g.tokens[g.count() - 1];
    Set<Integer> stops = g.request.params().stopTokens();
    boolean over = stops.contains(last) || (!g.request.params().ignoreEos() && ends.contains(last));
    g.rows = 1;
    return !over && cache.reserve(g.kept, g.count());
  }

  @Override
  public void ended(long sequence) {
    cache.drop(sequence);
  }

  /** Closes the executor; a second close does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      cache.clear();
      executor.close();
    }
  }
}
