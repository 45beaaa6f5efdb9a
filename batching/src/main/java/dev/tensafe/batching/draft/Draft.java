package dev.tensafe.batching.draft;

import java.util.Arrays;

/**
 * Guessed tokens, and how sure the guesses are.
 *
 * @param tokens the first is to follow the sequence's last token; may be empty
 * @param grades for each token a number from 0 to {@link #GRADES} − 1. What a grade means is the
 *     drafter's affair: how often its tokens turn out right is measured. Tokens that are about as
 *     likely to be right, given that those before them are, should have the same
 */
public record Draft(int[] tokens, int[] grades) {
  /** Different grades. */
  public static final int GRADES = 32;

  /** No guess. */
  public static final Draft NONE = new Draft(new int[0], new int[0]);

  public Draft {
    if (tokens.length != grades.length) {
      throw new IllegalArgumentException(
          tokens.length + " tokens with " + grades.length + " grades");
    }
  }

  /** Tokens that are graded by their place. */
  public static Draft of(int... tokens) {
    int[] grades = new int[tokens.length];
    for (int i = 0; i < grades.length; i++) {
      grades[i] = Math.min(i, GRADES - 1);
    }
    return new Draft(tokens, grades);
  }

  /**
   * The first tokens alone, in arrays of their own.
   *
   * @throws IllegalArgumentException when there are fewer
   */
  public Draft first(int count) {
    if (count < 0 || count > tokens.length) {
      throw new IllegalArgumentException(count + " of " + tokens.length + " guesses");
    }
    return new Draft(Arrays.copyOf(tokens, count), Arrays.copyOf(grades, count));
  }

  /** The same with so many tokens, graded by their place; those that are missing are 0. */
  public Draft filled(int count) {
    return of(Arrays.copyOf(tokens, count));
  }

  /** How many tokens are guessed. */
  public int length() {
    return tokens.length;
  }

  /** Sizes only: the tokens are secret. */
  @Override
  public String toString() {
    return "Draft[" + tokens.length + " tokens]";
  }
}
