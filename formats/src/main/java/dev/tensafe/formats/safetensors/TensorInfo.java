package dev.tensafe.formats.safetensors;

import java.util.List;

/**
 * One entry of a safetensors header.
 *
 * @param name the tensor's name in the checkpoint
 * @param dtype element type as stored
 * @param shape dimensions, outermost first; empty for a scalar
 * @param begin first byte, counted from the start of the data section
 * @param end one past the last byte; {@code end - begin} equals elements × dtype size
 */
public record TensorInfo(String name, DType dtype, List<Long> shape, long begin, long end) {
  public TensorInfo {
    shape = List.copyOf(shape);
  }

  public long byteSize() {
    return end - begin;
  }

  /** Number of elements. */
  public long elements() {
    return byteSize() / dtype.bytes();
  }
}
