package dev.tensafe.training.run;

/**
 * The progress of a run.
 *
 * @param step optimizer steps done
 * @param optimizerSteps of them, those the optimizer's moments have seen
 * @param epoch position in the stream of micro-batches
 * @param index position in the epoch
 * @param tokens tokens read
 * @param skipped micro-batches left out for a loss that was not a finite number
 * @param data fingerprint of the training examples
 */
record RunState(
    int step, int optimizerSteps, int epoch, int index, long tokens, long skipped, String data) {
  static RunState beginning(String data) {
    return new RunState(0, 0, 0, 0, 0, 0, data);
  }
}
