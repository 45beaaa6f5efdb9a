package dev.tensafe.tssp.manifest;

import java.math.BigDecimal;
import java.util.List;

/**
 * The description of an adapter that may be read in the clear.
 *
 * @param rank where a module says nothing else
 * @param alpha where a module says nothing else
 * @param rslora whether deltas are scaled by alpha/√rank instead of alpha/rank
 * @param dtype of the tensors as trained: F32, F16 or BF16
 * @param parameters number of weights as trained
 * @param modules all of them, sorted by layer, then by name
 */
public record AdapterDescription(
    int rank,
    BigDecimal alpha,
    boolean rslora,
    String dtype,
    long parameters,
    List<AdapterModule> modules) {
  public AdapterDescription {
    modules = List.copyOf(modules);
  }
}
