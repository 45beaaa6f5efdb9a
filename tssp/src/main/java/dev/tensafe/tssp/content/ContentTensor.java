package dev.tensafe.tssp.content;

import dev.tensafe.formats.safetensors.TensorInfo;

/**
 * A tensor of a part and what it is.
 *
 * @param owner the module, or the group of projections, it belongs to; empty for the whole adapter
 */
public record ContentTensor(String owner, Role role, TensorInfo info) {
  /** The meaning of a tensor; shapes are in docs/TSSP.md. */
  public enum Role {
    LORA_A,
    LORA_B,
    BASIS,
    ROW_NORMS,
    ROW_SCALES,
    LARGEST_ROW_SUM,
    PROBE_ANSWERS,
    COLUMN_EXPONENTS,
    PROBE_SEED,
    WEIGHTS
  }
}
