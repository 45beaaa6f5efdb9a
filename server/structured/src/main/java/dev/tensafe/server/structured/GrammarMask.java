package dev.tensafe.server.structured;

import dev.tensafe.batching.sample.AdjustedRow;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.formats.CodedException;
import dev.tensafe.grammar.match.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Allows the tokens that a grammar allows, and end tokens where the text is whole. The matcher
 * follows the output on a worker's thread, which has it to itself between {@link #prepare} and the
 * end of what that began; everything else is done by the caller's thread.
 */
final class GrammarMask implements LogitMask {
  private static final int[] NONE = {};

  private final Matcher matcher;
  private final int[] ends;
  private final Set<Integer> endSet;
  private final Executor workers;

  /** Tokens of the output that the matcher has not followed. */
  private final List<Integer> behind = new ArrayList<>();

  /** Tokens that it has followed and the output has not any more. */
  private int ahead;

  private boolean ended;

  /** What may come at each of some places in a row; null when it is not known. */
  private @Nullable CompletableFuture<List<Place>> looking;

  /** What has the matcher before anything else may; null when it is free. */
  private @Nullable CompletableFuture<?> before;

  /** Guesses that lead from the first place to the others. */
  private int[] guesses = NONE;

  /** Which of the places is next. */
  private int at;

  GrammarMask(Matcher matcher, Set<Integer> ends, Executor workers) {
    this.matcher = matcher;
    this.endSet = Set.copyOf(ends);
    this.ends = ends.stream().mapToInt(Integer::intValue).toArray();
    this.workers = workers;
  }

  /**
   * What may come.
   *
   * @param allowed a bit per token; not to be changed
   */
  private record Place(long[] allowed, boolean mayEnd, boolean mustEnd) {}

  @Override
  public boolean active() {
    return true;
  }

  @Override
  public void prepare(int[] next) {
    CompletableFuture<List<Place>> current = looking;
    if (current != null && (!current.isDone() || at < joined(current).size())) {
      return; // late, or known from the guesses before
    }
    look(next, workers);
  }

  private void look(int[] next, Executor where) {
    int[] followed = behind.stream().mapToInt(Integer::intValue).toArray();
    behind.clear();
    guesses = next.clone();
    at = 0;
    int[] path = guesses;
    int back = ahead;
    ahead = 0;
    CompletableFuture<?> first = before;
    before = null;
    looking =
        (first == null ? CompletableFuture.completedFuture(null) : first)
            .thenApplyAsync(unused -> places(back, followed, path), where);
  }

  private List<Place> places(int back, int[] followed, int[] path) {
    matcher.rollBack(back);
    for (int token : followed) {
      if (!matcher.accept(token)) {
        throw new IllegalStateException("a token that the grammar does not allow");
      }
    }
    List<Place> places = new ArrayList<>(1 + path.length);
    places.add(place());
    int gone = 0;
    while (gone < path.length && !endSet.contains(path[gone]) && matcher.accept(path[gone])) {
      gone++;
      places.add(place());
    }
    matcher.rollBack(gone);
    return places;
  }

  private Place place() {
    return new Place(matcher.mask(), matcher.mayEnd(), matcher.mustEnd());
  }

  @Override
  public boolean await(long nanos) {
    CompletableFuture<List<Place>> current = looking;
    if (current == null || current.isDone()) {
      return true;
    }
    try {
      List<Place> unused = current.get(nanos, TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      return true; // whoever applies it hears of it
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void apply(AdjustedRow logits) {
    Place place = current();
    logits.keepOnly(place.allowed(), place.mayEnd() ? ends : NONE);
    boolean must = place.mayEnd() && (place.mustEnd() || endsOnly(place.allowed()));
    for (int end : ends) {
      if (end >= 0 && end < logits.size()) {
        if (!place.mayEnd()) {
          logits.set(end, Float.NEGATIVE_INFINITY);
        } else if (must && logits.get(end) == Float.NEGATIVE_INFINITY) {
          logits.set(end, 0); // a minimum of tokens cannot be had
        }
      }
    }
  }

  /** Whether none is allowed that a text could go on with. */
  private boolean endsOnly(long[] allowed) {
    for (int word = 0; word < allowed.length; word++) {
      long left = allowed[word];
      for (int i = 0; i < ends.length && left != 0; i++) {
        left &= ends[i] >> 6 == word ? ~(1L << ends[i]) : -1L;
      }
      if (left != 0) {
        return false;
      }
    }
    return true;
  }

  private Place current() {
    CompletableFuture<List<Place>> known = looking;
    if (known == null || at >= joined(known).size()) {
      look(NONE, Runnable::run);
    }
    return joined(looking).get(at);
  }

  private static List<Place> joined(@Nullable CompletableFuture<List<Place>> places) {
    if (places == null) {
      throw new IllegalStateException("nothing was looked for");
    }
    try {
      return places.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof CodedException coded) {
        throw coded;
      }
      throw e;
    }
  }

  @Override
  public void accept(int token) {
    if (endSet.contains(token)) {
      ended = true;
      return;
    }
    CompletableFuture<List<Place>> known = looking;
    if (known != null) {
      boolean guessed = at < guesses.length && guesses[at] == token;
      if (guessed && at + 1 < joined(known).size()) {
        at++;
      } else {
        List<Place> unused = joined(known); // the matcher is ours again
        looking = null;
      }
    }
    behind.add(token);
  }

  @Override
  public void rewind(int tokens) {
    int left = tokens;
    if (left > 0 && ended) {
      ended = false;
      left--;
    }
    if (left == 0) {
      return;
    }
    if (looking != null) {
      before = looking; // it may take long, and the engine does not wait for it
      looking = null;
    }
    int unfollowed = Math.min(left, behind.size());
    behind.subList(behind.size() - unfollowed, behind.size()).clear();
    ahead += left - unfollowed;
  }
}
