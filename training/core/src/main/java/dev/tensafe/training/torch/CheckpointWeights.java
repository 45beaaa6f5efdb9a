package dev.tensafe.training.torch;

import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.training.TrainingException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The weights of a checkpoint, widened to float32. */
public final class CheckpointWeights implements WeightSource {
  private static final int PIECE_BYTES = 1 << 20;

  private final Checkpoint checkpoint;

  /**
   * @param checkpoint checked against the configuration; stays the caller's to close
   */
  public CheckpointWeights(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  @Override
  public float[] values(String name, List<Long> shape) {
    TensorInfo info = checkpoint.tensors().get(name);
    if (info == null || !info.shape().equals(shape)) {
      throw new IllegalArgumentException("unchecked tensor " + name);
    }
    if (info.elements() > Integer.MAX_VALUE) {
      throw new TrainingException("train.too_large", name + " has 2^31 elements or more");
    }
    float[] out = new float[(int) info.elements()];
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    for (long byteAt = 0; byteAt < info.byteSize(); byteAt += piece.capacity()) {
      piece.clear().limit((int) Math.min(piece.capacity(), info.byteSize() - byteAt));
      checkpoint.read(name, byteAt, piece);
      piece.flip();
      if (!FloatElements.allFinite(info.dtype(), piece)) {
        throw new TrainingException("train.not_finite", name + " holds a NaN or an infinity");
      }
      for (double value : FloatElements.decode(info.dtype(), piece)) {
        out[at++] = (float) value;
      }
    }
    return out;
  }
}
