package dev.tensafe.formats.peft;

import dev.tensafe.formats.safetensors.TensorInfo;
import java.math.BigDecimal;

/**
 * One adapted projection: {@code y += scaling · B·(A·x)}.
 *
 * @param in columns of A, width of x
 * @param out rows of B, width of y
 * @param a [rank, in]
 * @param b [out, rank]
 */
public record LoraModule(
    LoraTarget target,
    int in,
    int out,
    int rank,
    BigDecimal alpha,
    double scaling,
    TensorInfo a,
    TensorInfo b) {
  public String name() {
    return target.module();
  }

  public long parameters() {
    return (long) rank * (in + (long) out);
  }
}
