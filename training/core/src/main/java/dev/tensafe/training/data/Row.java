package dev.tensafe.training.data;

/**
 * One sequence of a batch: one example, or several packed one after the other.
 *
 * @param labels the token that should follow each one, or {@link #IGNORED}; the last of an example
 *     has none
 * @param positions zero-based within the example
 * @param segments number of the example within the row
 */
public record Row(int[] tokens, int[] labels, int[] positions, int[] segments) {
  /** The label of a position that does not count in the loss. */
  public static final int IGNORED = -100;

  public int length() {
    return tokens.length;
  }
}
