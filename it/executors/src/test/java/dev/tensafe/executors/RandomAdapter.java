package dev.tensafe.executors;

import dev.tensafe.lora.weights.AdapterSlots;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import dev.tensafe.nativelib.lora.LowRankAdapter.Factor;
import dev.tensafe.nativelib.lora.LowRankAdapter.Module;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Adapters with random weights. */
final class RandomAdapter {
  private RandomAdapter() {}

  /**
   * An adapter of every n-th projection.
   *
   * @param type F32 or BF16
   */
  static LowRankAdapter of(
      ModelConfig config, int rank, int every, ElementType type, Random random) {
    List<Module> modules = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        for (Projection p : group.projections()) {
          if (p.slot() % every == 0) {
            modules.add(new Module(p.slot(), p.in(), p.out(), rank, 0.5f, type));
          }
        }
      }
    }
    LowRankAdapter adapter = new LowRankAdapter(AdapterSlots.count(config.layers()), modules);
    for (Module m : modules) {
      adapter.put(m.slot(), Factor.A, 0, values(m.rank() * m.in(), type, random));
      adapter.put(m.slot(), Factor.B, 0, values(m.out() * m.rank(), type, random));
    }
    return adapter;
  }

  private static ByteBuffer values(int count, ElementType type, Random random) {
    ByteBuffer out = ByteBuffer.allocate(count * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      float value = (float) random.nextGaussian() / 8;
      if (type == ElementType.BF16) {
        out.putShort((short) (Float.floatToIntBits(value) >>> 16));
      } else {
        out.putFloat(value);
      }
    }
    return out.flip();
  }
}
