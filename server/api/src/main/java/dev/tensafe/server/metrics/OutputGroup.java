package dev.tensafe.server.metrics;

/** The outputs of one prompt, which are observed together once all have ended. For one thread. */
public final class OutputGroup {
  private final ServerMetrics metrics;
  private final int outputs;
  private int left;
  private int longest;

  /**
   * @param outputs of the prompt, at least one
   */
  public OutputGroup(ServerMetrics metrics, int outputs) {
    this.metrics = metrics;
    this.outputs = outputs;
    this.left = outputs;
  }

  void ended(int tokens) {
    longest = Math.max(longest, tokens);
    left--;
    if (left == 0) {
      metrics.answered(outputs, longest);
    }
  }
}
