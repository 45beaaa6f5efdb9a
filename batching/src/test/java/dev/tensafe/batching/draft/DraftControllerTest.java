package dev.tensafe.batching.draft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.draft.DraftPolicy.Candidate;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The controller on machines and texts that are made up: what it gains, and what it costs. */
class DraftControllerTest {
  private static final int MOST = 8;

  /**
   * A machine with sequences that never end.
   *
   * @param cost nanoseconds of a step by its rows
   * @param draftNanos of a guessed token
   */
  private static final class Machine {
    final DraftController controller = new DraftController(MOST, grade -> 0.5);
    final Random random;
    final IntToDoubleFunction cost;
    final double draftNanos;
    double lookingNanos;
    double time;
    long tokens;
    long guesses;
    int steps;

    Machine(long seed, IntToDoubleFunction cost, double draftNanos) {
      this.random = new Random(seed);
      this.cost = cost;
      this.draftNanos = draftNanos;
    }

    /** Runs a step; {@code right} is how likely a guess of a grade is right. */
    void step(int sequences, IntToDoubleFunction right, int grades) {
      List<Candidate> all = new ArrayList<>();
      for (int i = 0; i < sequences; i++) {
        all.add(new Candidate(i, 100, false));
      }
      int[] limits = controller.limits(all, sequences);
      List<Candidate> asked = new ArrayList<>();
      List<Draft> drafts = new ArrayList<>();
      double drafting = lookingNanos;
      for (int i = 0; i < sequences; i++) {
        assertTrue(limits[i] <= MOST);
        if (limits[i] > 0) {
          asked.add(all.get(i));
          int grade = random.nextInt(grades);
          int[] given = new int[limits[i]];
          java.util.Arrays.fill(given, grade);
          drafts.add(new Draft(new int[limits[i]], given));
          drafting += draftNanos * limits[i];
        }
      }
      int rows = sequences;
      int accepted = 0;
      if (!asked.isEmpty()) {
        controller.drafted(
            drafts.stream().mapToInt(Draft::length).sum(), (long) (drafting - lookingNanos));
        int[] chosen = controller.choose(asked, drafts, sequences);
        for (int i = 0; i < chosen.length; i++) {
          rows += chosen[i];
          int ok = 0;
          while (ok < chosen[i]
              && random.nextDouble() < right.applyAsDouble(drafts.get(i).grades()[ok])) {
            ok++;
          }
          accepted += ok;
          if (chosen[i] > 0) {
            controller.verified(asked.get(i), drafts.get(i).first(chosen[i]), ok, ok < chosen[i]);
          }
        }
      }
      // a tenth of noise, and at times a step that something else held up
      double nanos = cost.applyAsDouble(rows) * (0.95 + 0.1 * random.nextDouble());
      nanos *= ++steps % 200 == 0 ? 6 : 1;
      controller.stepped(rows, rows - sequences, (long) nanos);
      time += nanos + drafting;
      tokens += sequences + accepted;
      guesses += rows - sequences;
    }

    double speed() {
      return tokens / time;
    }
  }

  /** Tokens per time beside those of steps without guesses, noise included. */
  private static double ratio(Machine m, int sequences) {
    double plain = m.cost.applyAsDouble(sequences) * (1 + 5 / 200.0);
    return m.speed() / (sequences / plain);
  }

  private static double run(
      long seed,
      IntToDoubleFunction cost,
      double draftNanos,
      int sequences,
      IntToDoubleFunction right,
      int grades) {
    Machine m = new Machine(seed, cost, draftNanos);
    for (int i = 0; i < 4000; i++) {
      m.step(sequences, right, grades);
    }
    return ratio(m, sequences);
  }

  private static long seed() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    return seed;
  }

  private static final IntToDoubleFunction CHEAP_ROWS = rows -> 1e6 * (0.95 + 0.05 * rows);
  private static final IntToDoubleFunction DEAR_ROWS = rows -> 1e6 * rows;

  @Test
  void whereGuessesAreRightAndRowsCheapItIsMuchFaster() {
    long seed = seed();
    assertTrue(run(seed, CHEAP_ROWS, 0, 1, grade -> 0.9, 1) > 3);
    assertTrue(run(seed, CHEAP_ROWS, 0, 1, grade -> 0.6, 1) > 1.6);
    assertTrue(run(seed, CHEAP_ROWS, 0, 8, grade -> 0.8, 1) > 1.3);
  }

  @Test
  void whereGuessesAreWrongOrRowsDearItCosts3PercentAtMost() {
    long seed = seed();
    for (int sequences : new int[] {1, 2, 8, 32}) {
      for (IntToDoubleFunction cost : List.of(CHEAP_ROWS, DEAR_ROWS)) {
        for (double right : new double[] {0, 0.02, 0.3, 0.6, 0.9}) {
          for (double draftNanos : new double[] {0, 2e5, 2e6}) {
            double ratio = run(seed, cost, draftNanos, sequences, grade -> right, 4);
            assertTrue(
                ratio > 0.97,
                "seed "
                    + seed
                    + ": "
                    + ratio
                    + " of none at "
                    + sequences
                    + " right "
                    + right
                    + " drafting "
                    + draftNanos);
          }
        }
      }
    }
  }

  @Test
  void onlyTheGradesThatAreRightAreRun() {
    long seed = seed();
    // one guess in four is nearly always right, the others never
    double ratio = run(seed, rows -> 1e6 * (0.8 + 0.2 * rows), 0, 1, g -> g == 0 ? 0.97 : 0, 4);
    // every fourth step has some five tokens for the price of two and a half
    assertTrue(ratio > 1.25, "seed " + seed + ": " + ratio);
  }

  @Test
  void itFindsOutThatATextHasBegunToRepeat() {
    long seed = seed();
    Machine m = new Machine(seed, CHEAP_ROWS, 0);
    for (int i = 0; i < 5000; i++) {
      m.step(1, grade -> 0, 1);
    }
    long before = m.guesses;
    for (int i = 0; i < 2000; i++) {
      m.step(1, grade -> 0, 1);
    }
    long tried = m.guesses - before;
    assertTrue(tried > 20 && tried < 700, "seed " + seed + ": tries seldom: " + tried);
    m.time = 0;
    m.tokens = 0;
    for (int i = 0; i < 1000; i++) {
      m.step(1, grade -> 0.95, 1);
    }
    assertTrue(ratio(m, 1) > 2, "seed " + seed + ": " + ratio(m, 1));
  }

  @Test
  void itFindsOutThatRowsHaveBecomeDear() {
    long seed = seed();
    boolean[] dear = {false};
    Machine m =
        new Machine(
            seed,
            rows -> dear[0] ? 2 * DEAR_ROWS.applyAsDouble(rows) : CHEAP_ROWS.applyAsDouble(rows),
            0);
    for (int i = 0; i < 1000; i++) {
      m.step(1, grade -> 0.7, 1);
    }
    dear[0] = true;
    m.time = 0;
    m.tokens = 0;
    for (int i = 0; i < 4000; i++) {
      m.step(1, grade -> 0.7, 1);
    }
    assertTrue(ratio(m, 1) > 0.97, "seed " + seed + ": " + ratio(m, 1));
  }

  @Test
  void theSequenceWhoseGuessesAreRightGetsTheRows() {
    long seed = seed();
    DraftController controller = new DraftController(MOST, grade -> 0.5);
    List<Candidate> two = List.of(new Candidate(1, 50, false), new Candidate(2, 50, false));
    Draft draft = Draft.of(1, 2, 3, 4);
    int[] last = {};
    for (int i = 0; i < 400; i++) {
      int[] limits = controller.limits(two, 2);
      if (limits[0] + limits[1] > 0) {
        controller.drafted(limits[0] + limits[1], 0);
      }
      int[] chosen = {0, 0};
      if (limits[0] > 0 && limits[1] > 0) {
        chosen = controller.choose(two, List.of(draft, draft), 2);
        last = chosen;
        if (chosen[0] > 0) {
          controller.verified(two.get(0), draft.first(chosen[0]), chosen[0], false);
        }
        if (chosen[1] > 0) {
          controller.verified(two.get(1), draft.first(chosen[1]), 0, true);
        }
      }
      int rows = 2 + chosen[0] + chosen[1];
      controller.stepped(rows, rows - 2, (long) (1e6 * (0.8 + 0.1 * rows)));
    }
    assertArrayEquals(new int[] {4, 0}, last, "seed " + seed);
  }

  @Test
  void nothingIsAskedForWhileOthersWaitAndRoomIsNeverPassed() {
    DraftController controller = new DraftController(MOST, grade -> 0.5);
    List<Candidate> one = List.of(new Candidate(1, 2, false));
    for (int i = 0; i < 50; i++) {
      assertTrue(controller.limits(one, 1)[0] <= 2);
      controller.stepped(1, 0, 1000);
      assertEquals(0, controller.limits(one, 0)[0]);
    }
  }

  @Test
  void theSameHistoryGivesTheSameDecisions() {
    long seed = seed();
    Machine a = new Machine(seed, CHEAP_ROWS, 1000);
    Machine b = new Machine(seed, CHEAP_ROWS, 1000);
    for (int i = 0; i < 1000; i++) {
      a.step(1 + i % 5, grade -> 0.5, 3);
      b.step(1 + i % 5, grade -> 0.5, 3);
      assertEquals(a.guesses, b.guesses);
      assertEquals(a.controller.account(), b.controller.account());
    }
    assertTrue(a.guesses > 0);
  }

  /**
   * Answers one after another that copy what they were given, as long as there are steps to come;
   * each has a prompt to be read before its first guess.
   *
   * @return tokens for each step, of every tenth of the answers
   */
  private static double[] copies(DraftController controller, Random random, int answers) {
    double plain = 500_000;
    double[] tokensPerStep = new double[10];
    double steps = 0;
    double tokens = 0;
    for (int answer = 0; answer < answers; answer++) {
      int left = 28;
      boolean read = false;
      int before = 0;
      while (left > 0) {
        Candidate one = new Candidate(answer, left - 1, false);
        int limit = left == 1 ? 0 : controller.limits(List.of(one), 1)[0];
        int rows = 1;
        int right = 0;
        if (limit > 0) {
          if (read) {
            controller.read(1 + before, 1000);
          } else {
            controller.read(400, 200_000);
            read = true;
          }
          controller.drafted(limit, 5000);
          Draft draft = Draft.of(new int[limit]);
          int chosen = controller.choose(List.of(one), List.of(draft), 1)[0];
          while (right < chosen && random.nextDouble() < 0.95) {
            right++;
          }
          if (chosen > 0) {
            controller.verified(one, draft.first(chosen), right, right < chosen);
          }
          rows += chosen;
        }
        before = right;
        controller.stepped(rows, rows - 1, (long) (plain * (0.85 + 0.15 * rows)));
        left -= 1 + right;
        tokens += 1 + right;
        steps++;
      }
      controller.ended(answer);
      controller.waited(3_000_000); // the next prompt is computed
      if ((answer + 1) % (answers / 10) == 0) {
        tokensPerStep[answer / (answers / 10)] = tokens / steps;
        tokens = 0;
        steps = 0;
      }
    }
    return tokensPerStep;
  }

  @Test
  void shortAnswersThatCopyAreGuessedFromTheFirstOnesOn() {
    long seed = seed();
    double[] perStep =
        copies(new DraftController(MOST, new PromptLookup()::assumed), new Random(seed), 60);
    String found = "seed " + seed + ": " + java.util.Arrays.toString(perStep);
    assertTrue(perStep[0] > 2, found);
    for (int i = 1; i < perStep.length; i++) {
      assertTrue(perStep[i] > 2.5, found);
    }
  }

  @Test
  void aFirstCallThatTookLongKeepsNobodyFromGuessing() {
    long seed = seed();
    DraftController controller = new DraftController(MOST, grade -> 0.5);
    List<Candidate> one = List.of(new Candidate(1, 50, false));
    for (int i = 0; controller.limits(one, 1)[0] == 0; i++) {
      assertTrue(i < 5);
      controller.stepped(1, 0, 500_000);
    }
    // forty steps: classes are loaded, say
    controller.read(300, 10_000_000);
    controller.drafted(2, 10_000_000);
    controller.stepped(1, 0, 500_000);
    assertTrue(controller.account() > 0);
    double[] perStep = copies(controller, new Random(seed), 60);
    assertTrue(perStep[9] > 2.5, "seed " + seed + ": " + java.util.Arrays.toString(perStep));
  }

  @Test
  void aFirstStepWithGuessesThatWasHeldUpKeepsNobodyFromGuessing() {
    long seed = seed();
    DraftController controller = new DraftController(MOST, grade -> 0.5);
    List<Candidate> one = List.of(new Candidate(1, 50, false));
    boolean guessed = false;
    for (int i = 0; !guessed; i++) {
      assertTrue(i < 5);
      int limit = controller.limits(one, 1)[0];
      int chosen = 0;
      if (limit > 0) {
        controller.drafted(limit, 5000);
        Draft draft = Draft.of(new int[limit]);
        chosen = controller.choose(one, List.of(draft), 1)[0];
        guessed = chosen > 0;
        if (guessed) {
          controller.verified(one.get(0), draft.first(chosen), chosen, false);
        }
      }
      // the step with guesses takes thirty times as long
      controller.stepped(1 + chosen, chosen, chosen > 0 ? 15_000_000 : 500_000);
    }
    double[] perStep = copies(controller, new Random(seed), 100);
    assertTrue(perStep[4] > 2.5, "seed " + seed + ": " + java.util.Arrays.toString(perStep));
  }

  /** What the class promises, after every single step. */
  @Test
  void whoIsAlwaysWrongCostsNoMoreThanIsPromised() {
    for (double draftNanos : new double[] {0, 3e4, 3e5}) {
      for (int sequences : new int[] {1, 4, 32}) {
        DraftController controller = new DraftController(MOST, grade -> 0.97);
        double plain = CHEAP_ROWS.applyAsDouble(sequences);
        List<Candidate> all = new ArrayList<>();
        for (int i = 0; i < sequences; i++) {
          all.add(new Candidate(i, 100, i % 2 == 1));
        }
        double time = 0;
        double lost = 0;
        int guesses = 0;
        // of a single step: all guesses, and their drafting
        double most =
            CHEAP_ROWS.applyAsDouble(sequences * (1 + MOST)) + draftNanos * sequences * MOST;
        for (int step = 1; step <= 3000; step++) {
          int[] limits = controller.limits(all, sequences);
          int asked = java.util.Arrays.stream(limits).sum();
          int ran = 0;
          if (asked > 0) {
            controller.drafted(asked, (long) (draftNanos * asked));
            List<Draft> drafts = new ArrayList<>();
            for (int limit : limits) {
              drafts.add(Draft.of(new int[limit]));
            }
            int[] chosen = controller.choose(all, drafts, sequences);
            for (int i = 0; i < sequences; i++) {
              ran += chosen[i];
              if (chosen[i] > 0) {
                controller.verified(all.get(i), drafts.get(i).first(chosen[i]), 0, true);
              }
            }
          }
          double nanos = CHEAP_ROWS.applyAsDouble(sequences + ran);
          double drafting = draftNanos * asked;
          controller.stepped(sequences + ran, ran, (long) nanos);
          time += nanos + drafting;
          lost += nanos - plain + drafting;
          guesses += ran;
          double promised = DraftController.SHARE * time + DraftController.SAVED * plain + most;
          assertTrue(lost <= promised, lost + " of " + promised + " in step " + step);
        }
        assertTrue(guesses > 10, guesses + " guesses");
        assertTrue(lost < 0.03 * time, lost / time + " lost");
      }
    }
  }

  @Test
  void whatRunsWholeIsNotCutByWhatWasGuessed() {
    DraftController controller = new DraftController(MOST, grade -> 0.5);
    List<Candidate> one = List.of(new Candidate(1, 50, true));
    int ran = 0;
    for (int i = 0; i < 400; i++) {
      int limit = controller.limits(one, 1)[0];
      int rows = 1;
      if (limit > 0) {
        Draft draft = Draft.of(3).filled(limit);
        assertEquals(limit, draft.length());
        assertArrayEquals(new int[] {limit}, controller.choose(one, List.of(draft), 1));
        controller.verified(one.get(0), draft, Math.min(3, limit), limit > 3);
        rows += limit;
        ran++;
      }
      controller.stepped(rows, rows - 1, (long) (1e6 * (0.9 + 0.1 * rows)));
    }
    assertTrue(ran > 200, ran + " steps with guesses");
  }

  @Test
  void whatLookingTakesInEveryStepKeepsNobodyFromGuessing() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    // steps of half a millisecond: looking takes more than what may be lost by guesses
    Machine m = new Machine(seed, rows -> 450_000 + 50_000 * rows, 1000);
    m.lookingNanos = 12_000;
    for (int i = 0; i < 4000; i++) {
      m.step(1, grade -> 0.9, 1);
    }
    assertTrue(m.guesses > 4000, "guesses: " + m.guesses);
    assertTrue(ratio(m, 1) > 1.5, "ratio: " + ratio(m, 1));
  }
}
