package dev.tensafe.model.torch;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns mapped checkpoint bytes into tensors. F32 and F16 tensors alias the mapped file, so the
 * reader keeps every mapping reachable as long as it is itself; BF16, which the array API cannot
 * create, is widened to float32 here and narrowed again (losslessly) by the script.
 */
final class WeightReader {
  private static final long MAX_PIECE_ELEMENTS = 1 << 27;

  private final Checkpoint checkpoint;
  private final ScriptModule script;
  private final List<ByteBuffer> mappings = new ArrayList<>();

  WeightReader(Checkpoint checkpoint, ScriptModule script) {
    this.checkpoint = checkpoint;
    this.script = script;
  }

  /** A tensor of one or two dimensions in its stored type, owned by {@code owner}. */
  PtNDArray read(PtNDManager owner, String name) {
    TensorInfo info = checkpoint.tensors().get(name);
    if (info == null) {
      throw new IllegalArgumentException("unchecked tensor " + name);
    }
    long rows = info.shape().get(0);
    long rowsPerPiece = Math.max(1, MAX_PIECE_ELEMENTS / Math.max(1, info.elements() / rows));
    NDList pieces = new NDList();
    for (long from = 0; from < rows; from += rowsPerPiece) {
      pieces.add(piece(owner, info, from, Math.min(rows, from + rowsPerPiece)));
    }
    return pieces.size() == 1
        ? (PtNDArray) pieces.get(0)
        : script.tensor(owner, "join_rows", pieces);
  }

  private PtNDArray piece(PtNDManager owner, TensorInfo info, long from, long to) {
    ByteBuffer bytes = checkpoint.mapRows(info.name(), from, to);
    boolean vector = info.shape().size() == 1;
    Shape shape = vector ? new Shape(to - from) : new Shape(to - from, info.shape().get(1));
    if (info.dtype() == DType.BF16) {
      try (PtNDArray wide = owner.create(widen(bytes), shape, DataType.FLOAT32)) {
        return script.tensor(owner, "to_bf16", wide);
      }
    }
    mappings.add(bytes);
    DataType type = info.dtype() == DType.F16 ? DataType.FLOAT16 : DataType.FLOAT32;
    return owner.create(bytes, shape, type);
  }

  /** bfloat16 is the upper half of float32. */
  private static ByteBuffer widen(ByteBuffer bytes) {
    ShortBuffer in = bytes.asShortBuffer();
    ByteBuffer out =
        ByteBuffer.allocateDirect(in.remaining() * Float.BYTES).order(ByteOrder.nativeOrder());
    FloatBuffer floats = out.asFloatBuffer();
    short[] narrow = new short[4096];
    float[] wide = new float[4096];
    while (in.hasRemaining()) {
      int n = Math.min(narrow.length, in.remaining());
      in.get(narrow, 0, n);
      for (int i = 0; i < n; i++) {
        wide[i] = Float.intBitsToFloat(narrow[i] << 16);
      }
      floats.put(wide, 0, n);
    }
    return out;
  }
}
