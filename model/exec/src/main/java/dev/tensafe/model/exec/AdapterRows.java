package dev.tensafe.model.exec;

import java.util.List;

/**
 * What one adapter computes in a step. The array belongs to the step and is not changed.
 *
 * @param handle the adapter, as hooks know it
 * @param sequences indices of its sequences, ascending
 * @param rows indices of their rows, ascending
 */
public record AdapterRows(long handle, List<Integer> sequences, int[] rows) {
  public AdapterRows {
    sequences = List.copyOf(sequences);
  }
}
