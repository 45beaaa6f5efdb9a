package dev.tensafe.batching.draft;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntToDoubleFunction;

/**
 * Guesses as much as pays. It measures how often guesses are right ({@link Acceptance}) and what
 * steps cost by their rows ({@link StepCosts}). Before a step it puts rows in, the likeliest to
 * count first, and keeps the number at which most tokens per time are expected: none where rows
 * cost more than they bring.
 *
 * <p>What speculation may cost is on an account. It begins with the time of {@link #SAVED} steps,
 * and every step pays in {@link #SHARE} of its time, as long as no more than that is on it. A step
 * with guesses takes out its time and that of the reading and guessing, and pays in the time that
 * its tokens would have taken one a step. Nothing is read or guessed while the account is empty.
 * So, as far as the measured costs are right, speculation costs at any time at most that share of
 * the time so far, the time of so many steps, and what a single step with its reading and guessing
 * took too long; of a drafter that is always wrong, 0.99 is left in the long run. Where guessing
 * does not seem to pay, what is on the account goes on trying again.
 *
 * <p>What something else held up says nothing about guesses, and would end them for thousands of
 * steps. So a step counts for {@link #STEP_HELD_UP} times what steps of its rows usually take at
 * most, and a reading or guessing for {@link #HELD_UP} times. What is usual of the drafter is known
 * after three calls, which count for a step each, however long they took.
 *
 * <p>Decisions depend on the times and events it was told of, and on nothing else. Confined to one
 * thread.
 */
public final class DraftController implements DraftPolicy {
  /** Share of the time that may be lost by guesses that do not pay. */
  static final double SHARE = 0.01;

  /** Time that may be lost at once, in steps. */
  static final double SAVED = 6;

  /** Rows tried at a time where guessing does not seem to pay. */
  private static final int TRIED = 2;

  /** Steps with guesses after which one without is due, so that its cost is known. */
  private static final int PLAIN_EVERY = 32;

  /** By what factor more tokens per time must be expected than without guesses. */
  private static final double WORTH = 1.01;

  /** Guessing that takes less than this share of a step per token is free. */
  private static final double FREE = 0.01;

  /** Times what is usual, beyond which a step's time counts for no more. */
  private static final double STEP_HELD_UP = 2;

  /** Times what is usual, beyond which the drafter's time counts for no more. */
  private static final double HELD_UP = 4;

  /** A guess that is less likely to count is not looked at. */
  private static final double HOPELESS = 0.03;

  private final int most;
  private final StepCosts costs = new StepCosts();
  private final Acceptance acceptance;
  private final DraftPrice price = new DraftPrice();
  private final DraftPrice reading = new DraftPrice();

  private double account;

  /** What the account may hold; 0 until a step without guesses was measured. */
  private double full;

  private boolean tries;
  private int accepted;

  /** Time that this step's reading and guessing counts for. */
  private double spent;

  /**
   * @param most guesses of a sequence in one step
   * @param assumed how likely a guess of a grade is right, until that was measured
   */
  public DraftController(int most, IntToDoubleFunction assumed) {
    if (most < 1) {
      throw new IllegalArgumentException(most + " guesses; at least 1 is possible");
    }
    this.most = most;
    this.acceptance = new Acceptance(assumed);
  }

  @Override
  public int[] limits(List<Candidate> candidates, int rows) {
    int[] limits = new int[candidates.size()];
    accepted = 0;
    spent = 0;
    tries = false;
    if (rows == 0 || candidates.isEmpty() || account <= 0 || costs.age(rows) > PLAIN_EVERY) {
      return limits;
    }
    double[] cost = costs.costs(rows, most);
    if (cost.length == 0) {
      return limits;
    }
    double token = cost[0] / rows;
    double draftNanos = price.nanos();
    boolean free = draftNanos < FREE * token;
    double row = Double.MAX_VALUE;
    for (int n = 1; n <= most; n++) {
      row = Math.min(row, (cost[n] - cost[0]) / n);
    }
    int asked = 0;
    int best = -1;
    double likeliest = 0;
    for (int i = 0; i < limits.length; i++) {
      Candidate c = candidates.get(i);
      int room = Math.min(c.room(), most);
      double likely = 1;
      for (int n = 0; n < room; n++) {
        likely *= likelihoodAt(c, n);
        // where asking is free, it is worth while if the surest guess would be
        double hoped = free && !c.whole() ? Acceptance.MOST : likely;
        if (hoped * token <= draftNanos + row) {
          break;
        }
        limits[i]++;
      }
      double first = likelihoodAt(c, 0);
      if (first > likeliest) {
        likeliest = first;
        best = i;
      }
      asked += limits[i];
    }
    boolean few = !price.known() && asked > TRIED; // what guessing costs is found out first
    if (asked == 0 && account > Math.min(TRIED * (draftNanos + row), full / 2)) {
      // a price that is no longer what it was is found out here
      tries = true;
      few = true;
    }
    if (few) {
      Arrays.fill(limits, 0);
      limits[best] = Math.min(Math.min(candidates.get(best).room(), most), TRIED);
    }
    return limits;
  }

  /**
   * How likely a guess is right. Of a sequence that runs all that is asked for, its own guesses say
   * nothing: how many rows it has may be seen by who must not learn what its text is like.
   */
  private double likelihoodAt(Candidate c, int place) {
    return c.whole() ? acceptance.usualAt(place) : acceptance.likelihoodAt(c.id(), place);
  }

  /** A guess that may run next. */
  private record Row(int draft, int place, double likely) {}

  @Override
  public void drafted(int tokens, long nanos) {
    spent += price.charge(tokens, nanos, HELD_UP, full / SAVED);
    price.add(tokens, nanos);
  }

  @Override
  public void read(int tokens, long nanos) {
    spent += reading.charge(tokens, nanos, HELD_UP, full / SAVED);
    reading.add(tokens, nanos);
  }

  @Override
  public int[] choose(List<Candidate> candidates, List<Draft> drafts, int rows) {
    int[] chosen = new int[drafts.size()];
    int all = drafts.stream().mapToInt(Draft::length).sum();
    double[] cost = costs.costs(rows, Math.max(1, all));
    if (all == 0 || cost.length == 0) {
      return chosen;
    }
    PriorityQueue<Row> open =
        new PriorityQueue<>(
            Comparator.comparingDouble((Row r) -> -r.likely())
                .thenComparingInt(Row::place)
                .thenComparingInt(Row::draft));
    int given = 0;
    double tokens = rows;
    for (int i = 0; i < drafts.size(); i++) {
      if (candidates.get(i).whole()) {
        chosen[i] = drafts.get(i).length();
        given += chosen[i];
        tokens += acceptance.expected(candidates.get(i).id(), chosen[i]);
      } else {
        offer(open, candidates, drafts, i, 0, 1);
      }
    }
    int[] order = new int[all + 1];
    double best = WORTH * tokens / cost[given];
    int bestCount = given;
    int firstTried = 0;
    for (int n = given + 1; n <= all; n++) {
      Row row = open.poll();
      if (row == null || (n > given + 1 && row.likely() < HOPELESS)) {
        break;
      }
      order[n] = row.draft();
      firstTried += n <= given + TRIED && row.draft() == order[given + 1] ? 1 : 0;
      tokens += row.likely();
      if (tokens / cost[n] > best) {
        best = tokens / cost[n];
        bestCount = n;
      }
      offer(open, candidates, drafts, row.draft(), row.place() + 1, row.likely());
    }
    if (bestCount == given && firstTried > 0 && (tries || account > SAVED / 2 * cost[0])) {
      // it does not seem to pay: the likeliest sequence tries a little, if that can be afforded
      if (account > cost[given + firstTried] - cost[given]) {
        chosen[order[given + 1]] = firstTried;
      }
      return chosen;
    }
    for (int n = given + 1; n <= bestCount; n++) {
      chosen[order[n]]++;
    }
    return chosen;
  }

  private void offer(
      PriorityQueue<Row> open,
      List<Candidate> candidates,
      List<Draft> drafts,
      int i,
      int place,
      double before) {
    Draft draft = drafts.get(i);
    if (place < draft.length()) {
      double likely = before * acceptance.likelihood(candidates.get(i).id(), draft.grades()[place]);
      open.add(new Row(i, place, likely));
    }
  }

  @Override
  public void verified(Candidate candidate, Draft draft, int right, boolean refuted) {
    accepted += right;
    if (candidate.whole()) {
      acceptance.addByPlace(candidate.id(), right, refuted);
    } else {
      acceptance.add(candidate.id(), draft, right, refuted);
    }
  }

  @Override
  public void stepped(int rows, int guesses, long verifyNanos) {
    acceptance.stepped();
    int plainRows = rows - guesses;
    costs.add(rows, guesses, (double) verifyNanos);
    double[] usual = costs.costs(plainRows, guesses);
    if (usual.length == 0) {
      return;
    }
    account = full == 0 ? SAVED * usual[0] : account;
    full = SAVED * usual[0];
    double nanos = Math.min((double) verifyNanos, STEP_HELD_UP * usual[guesses]);
    if (guesses > 0) {
      double saved = usual[0] * accepted / plainRows;
      spent += nanos - usual[0] - saved;
    }
    account = Math.min(account + SHARE * nanos - spent, full);
  }

  @Override
  public void waited(long nanos) {
    account = Math.min(account + SHARE * nanos - spent, full);
  }

  @Override
  public void ended(long id) {
    acceptance.ended(id);
  }

  /** Nanoseconds that may still be lost. */
  double account() {
    return account;
  }
}
