package dev.tensafe.lora.weights;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.PeftConfig;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.AdapterModule;
import java.util.ArrayList;
import java.util.List;

/**
 * The shape of an adapter in memory, known before its weights are read.
 *
 * @param slots of the base model
 */
public record AdapterShape(int slots, List<LowRankAdapter.Module> modules) {
  public AdapterShape {
    modules = List.copyOf(modules);
  }

  /**
   * @param layers of the base model
   * @throws FormatException {@code peft.no_target} for a module that the base model does not have,
   *     {@code peft.tensor_dtype} for elements that are not served
   */
  public static AdapterShape of(AdapterDescription adapter, BaseProjections base, int layers) {
    ElementType type =
        switch (adapter.dtype()) {
          case "F32" -> ElementType.F32;
          case "F16" -> ElementType.F16;
          case "BF16" -> ElementType.BF16;
          default ->
              throw new FormatException(
                  "peft.tensor_dtype", "weights are F32, F16 or BF16, not " + adapter.dtype());
        };
    List<LowRankAdapter.Module> modules = new ArrayList<>();
    for (AdapterModule module : adapter.modules()) {
      BaseProjections.Shape shape = base.byModule().get(module.name());
      if (shape == null || AdapterSlots.of(module.name()) >= AdapterSlots.count(layers)) {
        throw new FormatException(
            "peft.no_target", "the base model has no projection " + module.name());
      }
      modules.add(
          new LowRankAdapter.Module(
              AdapterSlots.of(module.name()),
              shape.in(),
              shape.out(),
              module.rank(),
              (float) PeftConfig.scaling(module.alpha(), module.rank(), adapter.rslora()),
              type));
    }
    return new AdapterShape(AdapterSlots.count(layers), modules);
  }

  /** Bytes of native memory. */
  public long bytes() {
    return modules.stream().mapToLong(LowRankAdapter.Module::bytes).sum();
  }
}
