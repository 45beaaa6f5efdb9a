package dev.tensafe.model.nativeexec;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.decoder.NativeDecoder;
import dev.tensafe.nativelib.decoder.NativeDecoder.ElementType;
import dev.tensafe.nativelib.decoder.NativeDecoder.End;
import dev.tensafe.nativelib.decoder.NativeDecoder.LayerNorm;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads a checkpoint's tensors, some rows at a time, and has them packed. Read, not mapped: a file
 * that becomes shorter meanwhile is an error instead of the end of the process, and no page of it
 * stays resident.
 */
final class WeightLoader {
  private static final int PIECE_BYTES = 4 << 20;

  private final ModelConfig config;
  private final Checkpoint checkpoint;
  private final NativeDecoder decoder;
  private ByteBuffer staging = allocate(PIECE_BYTES);

  WeightLoader(ModelConfig config, Checkpoint checkpoint, NativeDecoder decoder) {
    this.config = config;
    this.checkpoint = checkpoint;
    this.decoder = decoder;
  }

  private interface Rows {
    void put(ElementType type, long first, int count, ByteBuffer rows);
  }

  /** Puts every tensor. */
  void load() {
    for (int layer = 0; layer < config.layers(); layer++) {
      norm(layer, LayerNorm.INPUT, "input_layernorm");
      norm(layer, LayerNorm.AFTER_ATTENTION, "post_attention_layernorm");
      if (config.queryKeyNorm()) {
        norm(layer, LayerNorm.QUERY, "self_attn.q_norm");
        norm(layer, LayerNorm.KEY, "self_attn.k_norm");
      }
      for (ProjectionGroup group : ProjectionGroup.ofLayer(config, layer)) {
        group.projections().forEach(this::projection);
      }
    }
    read(
        CheckpointLayout.FINAL_NORM,
        (type, first, count, rows) -> decoder.putEnd(End.FINAL_NORM, type, first, 1, rows));
    end(End.EMBEDDING, CheckpointLayout.EMBEDDING);
    if (!config.tiedEmbeddings()) {
      end(End.HEAD, CheckpointLayout.HEAD);
    }
    decoder.requireComplete();
  }

  private void projection(Projection p) {
    int kind = p.kind().wireId();
    read(
        CheckpointLayout.weight(p),
        (type, first, count, rows) ->
            decoder.putProjection(p.layer(), kind, type, first, count, rows));
    if (CheckpointLayout.hasBias(config, p)) {
      read(
          CheckpointLayout.bias(p),
          (type, first, count, rows) -> decoder.putBias(p.layer(), kind, type, rows));
    }
  }

  private void norm(int layer, LayerNorm norm, String name) {
    read(
        CheckpointLayout.layerTensor(layer, name),
        (type, first, count, rows) -> decoder.putNorm(layer, norm, type, rows));
  }

  private void end(End end, String name) {
    read(name, (type, first, count, rows) -> decoder.putEnd(end, type, first, count, rows));
  }

  /** Hands over a matrix some rows at a time, a vector whole. */
  private void read(String name, Rows rows) {
    TensorInfo info = checkpoint.tensors().get(name);
    if (info == null) {
      throw new IllegalArgumentException("unchecked tensor " + name);
    }
    boolean vector = info.shape().size() == 1;
    long count = vector ? 1 : info.shape().get(0);
    long rowBytes = info.byteSize() / count;
    if (rowBytes > staging.capacity()) {
      staging = allocate(Math.toIntExact(rowBytes));
    }
    ElementType type =
        switch (info.dtype()) {
          case F32 -> ElementType.F32;
          case F16 -> ElementType.F16;
          case BF16 -> ElementType.BF16;
          default -> throw new IllegalArgumentException("unchecked type " + info.dtype());
        };
    long together = staging.capacity() / rowBytes;
    for (long first = 0; first < count; first += together) {
      int some = (int) Math.min(together, count - first);
      staging.clear().limit((int) (some * rowBytes));
      checkpoint.read(name, first * rowBytes, staging);
      rows.put(type, first, some, staging.flip());
    }
  }

  private static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
