package dev.tensafe.model.shape;

/**
 * One linear map of one layer: {@code y[tokens, out] = x[tokens, in]·Wᵀ (+ bias)}.
 *
 * @param layer zero-based
 * @param in input width
 * @param out output width
 */
public record Projection(int layer, ProjectionKind kind, int in, int out) {
  /** The checkpoint's module name, such as {@code model.layers.3.mlp.up_proj}. */
  public String name() {
    return "model.layers." + layer + "." + kind.moduleName();
  }

  /** Its number among the projections of all layers, layer by layer. */
  public int slot() {
    return layer * ProjectionKind.PER_LAYER + kind.wireId();
  }
}
