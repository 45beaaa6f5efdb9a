package dev.tensafe.he.client;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import java.util.HashMap;
import java.util.Map;

/** The memory of the model host that an adapter of mode he takes, computed from its manifest. */
final class MemoryEstimate {
  /** Bytes of a weight in transformed form, three packings and the integers of it. */
  private static final int EMBEDDED_BYTES_PER_WEIGHT = 3 * Long.BYTES + Integer.BYTES;

  private MemoryEstimate() {}

  /**
   * Bytes of bases, scales, known answers and pads.
   *
   * @param embedded whether the sealed part is in this process too
   */
  static long bytes(Manifest manifest, BaseProjections base, LinkConfig config, boolean embedded) {
    long bytes = 0;
    Map<GroupId, PadBytes.Size> groups = new HashMap<>();
    for (AdapterModule module : manifest.adapter().modules()) {
      BaseProjections.Shape shape = base.byModule().get(module.name());
      if (shape != null && LoraTarget.parse(module.name()) != null) {
        int rank = Math.min(module.rank(), Math.min(shape.in(), shape.out()));
        bytes += (long) rank * shape.out() * Float.BYTES;
        bytes += (long) rank * manifest.probes().orElse(0) * Long.BYTES + shape.in();
        groups.merge(
            GroupLayout.group(module.name()),
            new PadBytes.Size(shape.in(), rank),
            (a, b) -> new PadBytes.Size(a.columns(), a.rows() + b.rows()));
        bytes += embedded ? (long) rank * shape.in() * EMBEDDED_BYTES_PER_WEIGHT : 0;
      }
    }
    return bytes
        + PadBytes.limit(config.profile().parameters(), groups.values(), config.padBytes());
  }
}
