package dev.tensafe.model.shape;

/** The seven linear projections of a decoder layer, in the order they are computed. */
public enum ProjectionKind {
  Q(GroupKind.QKV, "self_attn.q_proj"),
  K(GroupKind.QKV, "self_attn.k_proj"),
  V(GroupKind.QKV, "self_attn.v_proj"),
  O(GroupKind.O, "self_attn.o_proj"),
  GATE(GroupKind.GATE_UP, "mlp.gate_proj"),
  UP(GroupKind.GATE_UP, "mlp.up_proj"),
  DOWN(GroupKind.DOWN, "mlp.down_proj");

  private final GroupKind group;
  private final String moduleName;

  ProjectionKind(GroupKind group, String moduleName) {
    this.group = group;
    this.moduleName = moduleName;
  }

  /** The group of projections that read the same input. */
  public GroupKind group() {
    return group;
  }

  /** Name inside a layer, as in checkpoints and PEFT adapters, such as {@code self_attn.q_proj}. */
  public String moduleName() {
    return moduleName;
  }

  /** Projections of a layer that read one and the same input. */
  public enum GroupKind {
    QKV,
    O,
    GATE_UP,
    DOWN
  }
}
