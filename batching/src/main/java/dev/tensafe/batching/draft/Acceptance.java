package dev.tensafe.batching.draft;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;

/**
 * How often guesses are right: by grade over all sequences, by place, and how much better or worse
 * than that a sequence does, as a factor of the odds. Each measure is a share of tests that weigh
 * less the older they are, and begins with an assumption that weighs as much as a few tests.
 * Confined to one thread.
 */
final class Acceptance {
  /** Tests that a grade or place remembers. */
  private static final double MEMORY = 200;

  /** Tests that a sequence remembers. */
  private static final double OWN_MEMORY = 40;

  /** What is assumed of a place of which nothing is known. */
  private static final double ASSUMED = 0.5;

  /** As how many tests an assumption counts. */
  private static final double ASSUMED_TESTS = 2;

  /** As how many tests it counts that a sequence is like the others. */
  private static final double ALIKE = 4;

  /** What a sequence keeps of its own tests from one step without any to the next. */
  private static final double FADING = 0.998;

  private static final double LEAST = 0.005;

  /** No guess is taken to be surer. */
  static final double MOST = 0.98;

  private final double[] assumed = new double[Draft.GRADES];
  private final double[] assumedAt = new double[Draft.GRADES];
  private final double[] tested = new double[Draft.GRADES];
  private final double[] right = new double[Draft.GRADES];
  private final double[] testedAt = new double[Draft.GRADES];
  private final double[] rightAt = new double[Draft.GRADES];
  private final Map<Long, Own> sequences = new HashMap<>();

  /**
   * @param expected what is assumed of a grade of which nothing is known
   */
  Acceptance(IntToDoubleFunction expected) {
    Arrays.setAll(assumed, g -> bounded(expected.applyAsDouble(g)));
    Arrays.fill(assumedAt, ASSUMED);
  }

  /** A sequence's right guesses, and how many were to be expected. */
  private static final class Own {
    double right;
    double expected;
    double tests;

    void add(boolean hit, double share) {
      double kept = tests < OWN_MEMORY ? 1 : 1 - 1 / OWN_MEMORY;
      tests = tests * kept + 1;
      right = right * kept + (hit ? 1 : 0);
      expected = expected * kept + share;
    }

    double factor() {
      double usual = bounded(expected / tests);
      return odds(bounded((right + ALIKE * usual) / (tests + ALIKE))) / odds(usual);
    }
  }

  /** The share of tokens of a grade that are right where those before them are. */
  double share(int grade) {
    return share(assumed, right, tested, grade);
  }

  private static double share(double[] assumed, double[] right, double[] tested, int i) {
    return (right[i] + assumed[i] * ASSUMED_TESTS) / (tested[i] + ASSUMED_TESTS);
  }

  /** How likely a sequence's guess is right, given that those before it are. */
  double likelihood(long sequence, int grade) {
    return likelihood(share(grade), factor(sequence));
  }

  /** The same where only the place of the guess is known. */
  double likelihoodAt(long sequence, int place) {
    return likelihood(share(assumedAt, rightAt, testedAt, place(place)), factor(sequence));
  }

  /** The same of sequences as they usually are. */
  double usualAt(int place) {
    return bounded(share(assumedAt, rightAt, testedAt, place(place)));
  }

  private static double likelihood(double share, double factor) {
    double odds = odds(bounded(share)) * factor;
    return bounded(odds / (1 + odds));
  }

  private static double odds(double p) {
    return p / (1 - p);
  }

  private double factor(long sequence) {
    Own own = sequences.get(sequence);
    return own == null || own.tests < LEAST ? 1 : own.factor();
  }

  private static double bounded(double p) {
    return Math.max(LEAST, Math.min(MOST, p));
  }

  /** Takes in what became of a draft. */
  void add(long sequence, Draft draft, int accepted, boolean refuted) {
    Own own = sequences.computeIfAbsent(sequence, id -> new Own());
    int tests = accepted + (refuted ? 1 : 0);
    for (int i = 0; i < tests; i++) {
      int grade = draft.grades()[i];
      boolean hit = i < accepted;
      own.add(hit, share(grade));
      count(right, tested, grade, hit);
      count(rightAt, testedAt, place(i), hit);
    }
  }

  /** The same of a draft whose grades say nothing. */
  void addByPlace(long sequence, int accepted, boolean refuted) {
    Own own = sequences.computeIfAbsent(sequence, id -> new Own());
    int tests = accepted + (refuted ? 1 : 0);
    for (int i = 0; i < tests; i++) {
      boolean hit = i < accepted;
      own.add(hit, share(assumedAt, rightAt, testedAt, place(i)));
      count(rightAt, testedAt, place(i), hit);
    }
  }

  /** Guesses that are expected to be right of so many whose grades say nothing. */
  double expected(long sequence, int guesses) {
    double sum = 0;
    double likely = 1;
    for (int i = 0; i < guesses; i++) {
      likely *= likelihoodAt(sequence, i);
      sum += likely;
    }
    return sum;
  }

  private static int place(int i) {
    return Math.min(i, Draft.GRADES - 1);
  }

  private static void count(double[] right, double[] tested, int i, boolean hit) {
    double kept = tested[i] < MEMORY ? 1 : 1 - 1 / MEMORY;
    tested[i] = tested[i] * kept + 1;
    right[i] = right[i] * kept + (hit ? 1 : 0);
  }

  /** A step is over: what sequences are known for fades. */
  void stepped() {
    for (Own own : sequences.values()) {
      own.right *= FADING;
      own.expected *= FADING;
      own.tests *= FADING;
    }
  }

  void ended(long sequence) {
    sequences.remove(sequence);
  }

  /** Sequences that something is known of. */
  int sequences() {
    return sequences.size();
  }
}
