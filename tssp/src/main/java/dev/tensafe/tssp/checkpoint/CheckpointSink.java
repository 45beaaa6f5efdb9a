package dev.tensafe.tssp.checkpoint;

import java.util.List;
import java.util.Map;

/** Receives a checkpoint as it is decrypted. */
public interface CheckpointSink {
  /**
   * Called once, before any tensor. May throw to refuse the checkpoint.
   *
   * @return the tensors that must follow, by name, with their shapes: all of them and no others
   */
  Map<String, List<Long>> due(CheckpointHead head);

  /**
   * A tensor, in the order in which they were written.
   *
   * @param values row-major, finite; the receiver's to keep
   */
  void accept(String name, float[] values);
}
