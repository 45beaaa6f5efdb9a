package dev.tensafe.lora.weights;

import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.shape.ProjectionKind;

/** The numbering of a model's projections: layer by layer, in the order they are computed. */
public final class AdapterSlots {
  private AdapterSlots() {}

  public static int count(int layers) {
    return layers * ProjectionKind.PER_LAYER;
  }

  public static int of(Projection projection) {
    return projection.slot();
  }

  /** Slot of a group's first projection; the others follow. */
  public static int first(ProjectionGroup group) {
    return of(group.projections().get(0));
  }

  /** Slot of a module by its name in the checkpoint. */
  public static int of(String module) {
    LoraTarget target = LoraTarget.parse(module);
    if (target == null) {
      throw new IllegalArgumentException(module + " is no projection of a decoder layer");
    }
    for (ProjectionKind kind : ProjectionKind.values()) {
      if (module.endsWith("." + kind.moduleName())) {
        return target.layer() * ProjectionKind.PER_LAYER + kind.wireId();
      }
    }
    throw new IllegalArgumentException(module + " is no projection of a decoder layer");
  }
}
