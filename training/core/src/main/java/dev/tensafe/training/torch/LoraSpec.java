package dev.tensafe.training.torch;

import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.model.shape.ProjectionKind;
import java.math.BigDecimal;
import java.util.Set;

/**
 * The low-rank matrices that are trained with a frozen model: {@code y += scaling · B·A·dropout(x)}
 * (Hu et al., arXiv:2106.09685).
 *
 * @param dropout share of the input's elements that a training pass leaves out, below 1
 * @param targets projections adapted in every layer; at least one
 * @param rslora whether the scaling is alpha/√rank (Kalajdzievski, arXiv:2312.03732)
 */
public record LoraSpec(
    int rank, BigDecimal alpha, double dropout, Set<ProjectionKind> targets, boolean rslora) {
  public LoraSpec {
    targets = Set.copyOf(targets);
  }

  /** The factor of B·A·x. */
  public double scaling() {
    return PeftConfig.scaling(alpha, rank, rslora);
  }
}
