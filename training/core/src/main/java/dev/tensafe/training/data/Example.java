package dev.tensafe.training.data;

/**
 * One text as the model reads it.
 *
 * @param scored which tokens count in the loss when they are to be predicted; the first never does
 */
public record Example(int[] tokens, boolean[] scored) {
  public Example {
    if (tokens.length == 0 || tokens.length != scored.length) {
      throw new IllegalArgumentException(tokens.length + " tokens, " + scored.length + " marks");
    }
  }

  public int length() {
    return tokens.length;
  }

  /** Whether any prediction counts. */
  public boolean teaches() {
    for (int i = 1; i < scored.length; i++) {
      if (scored[i]) {
        return true;
      }
    }
    return false;
  }
}
