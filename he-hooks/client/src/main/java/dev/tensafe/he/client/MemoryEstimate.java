package dev.tensafe.he.client;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.nativelib.ckks.InputPads;
import dev.tensafe.nativelib.ckks.Pads;
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
   * Bytes of bases, scales, probes and a full stock of pads.
   *
   * @param embedded whether the sealed part is in this process too
   */
  static long bytes(Manifest manifest, BaseProjections base, LinkConfig config, boolean embedded) {
    long bytes = 0;
    Map<GroupId, Long> pads = new HashMap<>();
    for (AdapterModule module : manifest.adapter().modules()) {
      BaseProjections.Shape shape = base.byModule().get(module.name());
      if (shape != null && LoraTarget.parse(module.name()) != null) {
        long rank = Math.min(module.rank(), Math.min(shape.in(), shape.out()));
        bytes += rank * shape.out() * Float.BYTES;
        bytes += rank * manifest.probes().orElse(0) * Long.BYTES + shape.in();
        pads.merge(
            GroupLayout.group(module.name()),
            PadStock.BLOCKS * InputPads.bytes(shape.in(), (int) rank),
            (a, b) -> a + PadStock.BLOCKS * InputPads.bytes(0, (int) rank));
        bytes += embedded ? rank * shape.in() * EMBEDDED_BYTES_PER_WEIGHT : 0;
      }
    }
    long padBytes = pads.values().stream().mapToLong(Long::longValue).sum();
    boolean padded = Pads.supports(config.profile().parameters()) && padBytes <= config.padBytes();
    return bytes + (padded ? padBytes : 0);
  }
}
