package dev.tensafe.model.shape;

/**
 * The seven linear projections of a decoder layer, in the order they are computed. Their numbers
 * are fixed: what is kept or sent counts on them.
 */
public enum ProjectionKind {
  Q(0, GroupKind.QKV, "self_attn.q_proj"),
  K(1, GroupKind.QKV, "self_attn.k_proj"),
  V(2, GroupKind.QKV, "self_attn.v_proj"),
  O(3, GroupKind.O, "self_attn.o_proj"),
  GATE(4, GroupKind.GATE_UP, "mlp.gate_proj"),
  UP(5, GroupKind.GATE_UP, "mlp.up_proj"),
  DOWN(6, GroupKind.DOWN, "mlp.down_proj");

  /** Projections of a layer. */
  public static final int PER_LAYER = 7;

  private final int wireId;
  private final GroupKind group;
  private final String moduleName;

  ProjectionKind(int wireId, GroupKind group, String moduleName) {
    this.wireId = wireId;
    this.group = group;
    this.moduleName = moduleName;
  }

  /** Its number, 0 to 6, that never changes. */
  public int wireId() {
    return wireId;
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
    QKV(0),
    O(1),
    GATE_UP(2),
    DOWN(3);

    private final int wireId;

    GroupKind(int wireId) {
      this.wireId = wireId;
    }

    /** Its number, 0 to 3, that never changes; docs/HE-PROTOCOL.md, "group id". */
    public int wireId() {
      return wireId;
    }
  }
}
