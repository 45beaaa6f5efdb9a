package dev.tensafe.training.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.training.TrainingException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Numbers in and out of contiguous float32 and float64 tensors, through their live memory. */
final class Tensors {
  private Tensors() {}

  static float[] floats(PtNDArray tensor) {
    ByteBuffer bytes = live(tensor);
    boolean wide = tensor.getDataType() == DataType.FLOAT64;
    float[] out = new float[bytes.remaining() / (wide ? Double.BYTES : Float.BYTES)];
    if (wide) {
      for (int i = 0; i < out.length; i++) {
        out[i] = (float) bytes.getDouble(Double.BYTES * i);
      }
    } else {
      bytes.asFloatBuffer().get(out);
    }
    return out;
  }

  /** A tensor of its own memory. */
  static PtNDArray create(PtNDManager m, float[] values, List<Long> shape, Precision precision) {
    Shape djl = new Shape(shape.stream().mapToLong(Long::longValue).toArray());
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.multiplyExact(values.length, precision.bytes()))
            .order(ByteOrder.nativeOrder());
    if (precision == Precision.F32) {
      bytes.asFloatBuffer().put(values);
    } else {
      for (int i = 0; i < values.length; i++) {
        bytes.putDouble(Double.BYTES * i, values[i]);
      }
    }
    // The library's own memory lies at multiples of 64 bytes; where a buffer of Java's lies differs
    // from run to run, and with it the last bits of matrix products.
    try (PtNDArray alias = m.create(bytes, djl, precision.type())) {
      return JniUtils.clone(alias);
    }
  }

  /** The one number of a tensor without dimensions. */
  static double scalar(PtNDArray tensor) {
    ByteBuffer bytes = live(tensor);
    return tensor.getDataType() == DataType.FLOAT64 ? bytes.getDouble(0) : bytes.getFloat(0);
  }

  static void overwrite(PtNDArray tensor, float[] values) {
    ByteBuffer bytes = live(tensor);
    boolean wide = tensor.getDataType() == DataType.FLOAT64;
    if (bytes.remaining() != values.length * (wide ? Double.BYTES : Float.BYTES)) {
      throw new IllegalArgumentException(
          values.length + " values for a tensor of " + tensor.getShape());
    }
    if (wide) {
      for (int i = 0; i < values.length; i++) {
        bytes.putDouble(Double.BYTES * i, values[i]);
      }
    } else {
      bytes.asFloatBuffer().put(values);
    }
  }

  private static ByteBuffer live(PtNDArray tensor) {
    return tensor.toByteBuffer(true).order(ByteOrder.nativeOrder());
  }

  /** The error for a failure of the library; exhausted memory has one of its own. */
  static RuntimeException failure(EngineException e) {
    String message = e.getMessage();
    return message != null && message.contains("allocate memory")
        ? new TrainingException(
            "train.memory",
            "the system gives no more memory; make micro-batch or sequence-length smaller, the"
                + " newest checkpoint is kept")
        : e;
  }
}
