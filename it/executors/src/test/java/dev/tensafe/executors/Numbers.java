package dev.tensafe.executors;

import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Cache;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ExecutorOptions.Numerics;
import dev.tensafe.model.exec.ExecutorOptions.Weights;

/** How the native executor keeps numbers. */
enum Numbers {
  F32(Format.F32, Weights.FORMAT, Cache.AUTO),
  F32_CACHE_BF16(Format.F32, Weights.FORMAT, Cache.BF16),
  BF16(Format.BF16, Weights.FORMAT, Cache.AUTO),
  BF16_TILES(Format.BF16, Weights.FORMAT, Cache.AUTO, Numerics.TILES),
  BF16_CACHE_F32(Format.BF16, Weights.FORMAT, Cache.F32),
  INT8(Format.BF16, Weights.INT8, Cache.AUTO),
  INT8_CACHE_F32(Format.F32, Weights.INT8, Cache.F32),
  BF16_CACHE_INT8(Format.BF16, Weights.FORMAT, Cache.INT8),
  ALL_INT8(Format.BF16, Weights.INT8_ALL, Cache.INT8);

  /** A model that has everything: biases, norms of heads, a window in one layer, odd sizes. */
  static final String MODEL =
      "{'architectures':['Qwen3ForCausalLM'],'hidden_size':50,'intermediate_size':79,"
          + "'head_dim':10,'attention_bias':true,'tie_word_embeddings':false,"
          + "'sliding_window':21,'use_sliding_window':true,"
          + "'layer_types':['full_attention','sliding_attention','full_attention']}";

  private final Format format;
  private final Weights weights;
  private final Cache cache;
  private final Numerics numerics;

  Numbers(Format format, Weights weights, Cache cache) {
    this(format, weights, cache, Numerics.PAIRS);
  }

  Numbers(Format format, Weights weights, Cache cache, Numerics numerics) {
    this.format = format;
    this.weights = weights;
    this.cache = cache;
    this.numerics = numerics;
  }

  ExecutorOptions options(int threads) {
    return new ExecutorOptions(format, weights, cache, numerics, threads, false);
  }

  /** Whether embedding table and head are kept in 8 bits. */
  boolean endsInEightBits() {
    return weights == Weights.INT8_ALL;
  }

  boolean eightBits() {
    return weights != Weights.FORMAT;
  }
}
