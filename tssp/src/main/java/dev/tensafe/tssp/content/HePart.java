package dev.tensafe.tssp.content;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.tssp.content.ContentTensor.Role;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.PartKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tensors of the parts {@code public} and {@code sealed}: exactly these must be there. */
final class HePart {
  /** As the split makes them. */
  private static final int EXPONENT_LIMIT = 60;

  private static final int MAX_WIDTH = 1 << 20;

  private HePart() {}

  static List<ContentTensor> resolve(
      Manifest manifest,
      PartKind kind,
      Map<String, TensorInfo> tensors,
      @Nullable BaseProjections base) {
    Map<String, TensorInfo> left = new HashMap<>(tensors);
    List<ContentTensor> found = new ArrayList<>();
    Map<String, Integer> groups = new HashMap<>();
    boolean isPublic = kind == PartKind.PUBLIC;
    List<Role> roles = isPublic ? HeTensors.PUBLIC_OF_MODULE : HeTensors.SEALED_OF_MODULE;
    for (AdapterModule module : manifest.adapter().modules()) {
      BaseProjections.Shape shape =
          base == null ? stated(tensors, module) : base.byModule().get(module.name());
      LoraTarget target = LoraTarget.parse(module.name());
      if (shape == null || target == null) {
        throw new FormatException(
            "content.adapter", "the base model has no projection " + module.name());
      }
      long rank = rank(left, module, shape, isPublic);
      for (Role role : roles) {
        List<Long> due =
            switch (role) {
              case BASIS -> List.of((long) shape.out(), rank);
              case WEIGHTS -> List.of(rank, (long) shape.in());
              case LARGEST_ROW_SUM -> List.of(1L);
              case PROBE_ANSWERS -> List.of((long) manifest.probes().orElse(0), rank);
              default -> List.of(rank);
            };
        found.add(take(left, module.name(), role, due));
      }
      Integer width = groups.put(target.group(), shape.in());
      if (width != null && width != shape.in()) {
        throw new FormatException(
            "content.form", target.group() + " reads vectors of different widths");
      }
    }
    if (isPublic) {
      groups.forEach(
          (group, in) -> found.add(take(left, group, Role.COLUMN_EXPONENTS, List.of((long) in))));
      found.add(
          new ContentTensor(
              "",
              Role.PROBE_SEED,
              require(
                  left.remove(HeTensors.PROBE_SEED),
                  HeTensors.PROBE_SEED,
                  Role.PROBE_SEED,
                  List.of((long) ProbeVectors.SEED_BYTES))));
    }
    if (!left.isEmpty()) {
      throw new FormatException(
          "content.unknown", "nothing consumes the tensor " + left.keySet().iterator().next());
    }
    return found;
  }

  /** The shape a sealed part gives its module; how many numbers it puts out is not told. */
  private static BaseProjections.@Nullable Shape stated(
      Map<String, TensorInfo> tensors, AdapterModule module) {
    TensorInfo info = tensors.get(HeTensors.name(module.name(), Role.WEIGHTS));
    if (info == null || info.shape().size() != 2) {
      throw new FormatException(
          "content.form", "there is no matrix of weights of " + module.name());
    }
    long in = info.shape().get(1);
    if (in < 1 || in > MAX_WIDTH) {
      throw new FormatException("content.form", module.name() + " reads vectors of width " + in);
    }
    return new BaseProjections.Shape(Integer.MAX_VALUE, (int) in);
  }

  /** The rank of a module's delta: at most that of the adapter and of the projection. */
  private static long rank(
      Map<String, TensorInfo> tensors,
      AdapterModule module,
      BaseProjections.Shape shape,
      boolean isPublic) {
    String name = HeTensors.name(module.name(), isPublic ? Role.BASIS : Role.WEIGHTS);
    TensorInfo info = tensors.get(name);
    if (info == null || info.shape().size() != 2) {
      throw new FormatException("content.form", "there is no matrix " + name);
    }
    long rank = info.shape().get(isPublic ? 1 : 0);
    long most = Math.min(module.rank(), Math.min(shape.in(), shape.out()));
    if (rank < 1 || rank > most) {
      throw new FormatException(
          "content.form", name + " has rank " + rank + "; 1 to " + most + " are possible");
    }
    return rank;
  }

  private static ContentTensor take(
      Map<String, TensorInfo> left, String owner, Role role, List<Long> shape) {
    String name = HeTensors.name(owner, role);
    return new ContentTensor(owner, role, require(left.remove(name), name, role, shape));
  }

  private static TensorInfo require(
      @Nullable TensorInfo info, String name, Role role, List<Long> shape) {
    if (info == null) {
      throw new FormatException("content.missing", "there is no tensor " + name);
    }
    PartContent.requireForm(info, HeTensors.dtype(role), shape);
    return info;
  }

  static boolean allPositive(ByteBuffer doubles) {
    for (int at = 0; at < doubles.limit(); at += Double.BYTES) {
      if (!(doubles.getDouble(at) > 0)) {
        return false;
      }
    }
    return true;
  }

  static boolean allExponents(ByteBuffer bytes) {
    for (int at = 0; at < bytes.limit(); at++) {
      if (Math.abs(bytes.get(at)) > EXPONENT_LIMIT) {
        return false;
      }
    }
    return true;
  }
}
