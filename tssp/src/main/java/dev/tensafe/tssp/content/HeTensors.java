package dev.tensafe.tssp.content;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.tssp.content.ContentTensor.Role;
import java.util.List;
import java.util.Locale;

/** Names and types of the tensors in the parts of mode he. */
public final class HeTensors {
  /** Bytes from which the probe vectors are drawn; belongs to no module. */
  public static final String PROBE_SEED = "probe_seed";

  static final List<Role> PUBLIC_OF_MODULE =
      List.of(
          Role.BASIS, Role.ROW_NORMS, Role.ROW_SCALES, Role.LARGEST_ROW_SUM, Role.PROBE_ANSWERS);
  static final List<Role> SEALED_OF_MODULE = List.of(Role.WEIGHTS, Role.ROW_SCALES);

  private HeTensors() {}

  /** {@code <module>.basis} and so on. */
  public static String name(String owner, Role role) {
    return owner + "." + role.name().toLowerCase(Locale.ROOT);
  }

  /** The element type of a role. */
  public static DType dtype(Role role) {
    return switch (role) {
      case BASIS -> DType.F32;
      case ROW_NORMS, ROW_SCALES -> DType.F64;
      case LARGEST_ROW_SUM, PROBE_ANSWERS -> DType.I64;
      case COLUMN_EXPONENTS -> DType.I8;
      case PROBE_SEED -> DType.U8;
      case WEIGHTS -> DType.I32;
      case LORA_A, LORA_B -> throw new IllegalArgumentException("not of mode he: " + role);
    };
  }
}
