package dev.tensafe.lora.weights;

import dev.tensafe.nativelib.lora.LowRankAdapter;
import org.jspecify.annotations.Nullable;

/** The weights of an adapter of mode plain. */
public record PlainWeights(LowRankAdapter adapter) implements AdapterWeights {
  /** The weights behind a plain adapter, or null if it is none. */
  public static @Nullable LowRankAdapter of(@Nullable AdapterWeights weights) {
    return weights instanceof PlainWeights plain ? plain.adapter() : null;
  }

  @Override
  public void close() {
    adapter.close();
  }
}
