package dev.tensafe.tuning.queue;

import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.command.CommandCodec;

/**
 * A call of one model that was taken down.
 *
 * @param id grows with every call of the service
 * @param requestId what its caller asks for it by
 * @param sequence its place among the model's calls
 * @param attempts times it was begun
 */
public record Job(
    long id,
    String requestId,
    String tenant,
    String model,
    long sequence,
    int attempts,
    byte[] encoded) {
  /** What the model is told to do. */
  public Command command() {
    return CommandCodec.read(encoded);
  }

  /** No data of the call. */
  @Override
  public String toString() {
    return "Job[" + id + ", " + requestId + "]";
  }
}
