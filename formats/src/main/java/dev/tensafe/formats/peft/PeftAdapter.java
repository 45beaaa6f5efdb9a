package dev.tensafe.formats.peft;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A LoRA adapter matched against its base model: every selected projection has its two tensors,
 * every tensor belongs to a selected projection, and all shapes agree.
 *
 * @param modules in the order of {@link BaseProjections}
 */
public record PeftAdapter(PeftConfig config, DType dtype, List<LoraModule> modules) {
  private static final Set<DType> TYPES = EnumSet.of(DType.F32, DType.F16, DType.BF16);

  /** PEFT puts the adapter's name between {@code lora_A} and {@code weight} when asked to. */
  private static final Pattern NAME =
      Pattern.compile("(?:base_model\\.model\\.)?(.+)\\.lora_([AB])(?:\\.default)?\\.weight");

  public PeftAdapter {
    modules = List.copyOf(modules);
  }

  /**
   * Resolves a configuration and its tensors.
   *
   * @throws FormatException {@code peft.no_target} when nothing is selected, {@code
   *     peft.tensor_missing}, {@code peft.tensor_unknown} for one that no projection consumes,
   *     {@code peft.tensor_shape}, {@code peft.tensor_dtype}
   */
  public static PeftAdapter resolve(
      PeftConfig config, Map<String, TensorInfo> tensors, BaseProjections base) {
    Map<String, @Nullable TensorInfo[]> pairs = pairs(tensors);
    List<LoraModule> modules = new ArrayList<>();
    DType dtype = null;
    for (Map.Entry<String, BaseProjections.Shape> entry : base.byModule().entrySet()) {
      LoraTarget target = LoraTarget.parse(entry.getKey());
      if (target == null || !config.selects(target)) {
        continue;
      }
      @Nullable TensorInfo[] pair = pairs.remove(target.module());
      LoraModule module = module(config, target, entry.getValue(), pair);
      if (dtype == null) {
        dtype = module.a().dtype();
      }
      for (TensorInfo info : List.of(module.a(), module.b())) {
        if (!TYPES.contains(info.dtype()) || info.dtype() != dtype) {
          throw new FormatException(
              "peft.tensor_dtype",
              info.name() + " is " + info.dtype() + "; one of " + TYPES + " for all is needed");
        }
      }
      modules.add(module);
    }
    if (!pairs.isEmpty()) {
      throw new FormatException(
          "peft.tensor_unknown",
          "tensors of "
              + pairs.keySet().iterator().next()
              + " belong to no projection that target_modules selects in the base model");
    }
    if (dtype == null) {
      throw new FormatException(
          "peft.no_target", "target_modules selects no projection of the base model");
    }
    return new PeftAdapter(config, dtype, modules);
  }

  private static Map<String, @Nullable TensorInfo[]> pairs(Map<String, TensorInfo> tensors) {
    Map<String, @Nullable TensorInfo[]> pairs = new LinkedHashMap<>();
    tensors.forEach(
        (name, info) -> {
          Matcher m = NAME.matcher(name);
          if (!m.matches() || LoraTarget.parse(m.group(1)) == null) {
            throw new FormatException(
                "peft.tensor_unknown",
                "nothing consumes the tensor "
                    + name
                    + "; only lora_A and lora_B weights of q, k, v, o, gate, up and down_proj are"
                    + " read");
          }
          @Nullable TensorInfo[] pair = pairs.computeIfAbsent(m.group(1), k -> new TensorInfo[2]);
          int side = m.group(2).equals("A") ? 0 : 1;
          if (pair[side] != null) {
            throw new FormatException("peft.tensor_unknown", name + " is there twice");
          }
          pair[side] = info;
        });
    return pairs;
  }

  private static LoraModule module(
      PeftConfig config,
      LoraTarget target,
      BaseProjections.Shape shape,
      @Nullable TensorInfo @Nullable [] pair) {
    TensorInfo a = pair == null ? null : pair[0];
    TensorInfo b = pair == null ? null : pair[1];
    if (a == null || b == null) {
      throw new FormatException(
          "peft.tensor_missing",
          target.module() + " is selected but has no " + (a == null ? "lora_A" : "lora_B"));
    }
    int rank = config.rankOf(target.module());
    BigDecimal alpha = config.alphaOf(target.module());
    require(a, List.of((long) rank, (long) shape.in()));
    require(b, List.of((long) shape.out(), (long) rank));
    return new LoraModule(
        target,
        shape.in(),
        shape.out(),
        rank,
        alpha,
        PeftConfig.scaling(alpha, rank, config.rslora()),
        a,
        b);
  }

  private static void require(TensorInfo info, List<Long> shape) {
    if (!info.shape().equals(shape)) {
      throw new FormatException(
          "peft.tensor_shape",
          info.name() + " has the shape " + info.shape() + "; rank and base model imply " + shape);
    }
  }

  /** Number of weights in all modules. */
  public long parameters() {
    return modules.stream().mapToLong(LoraModule::parameters).sum();
  }
}
