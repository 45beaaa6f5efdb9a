package dev.tensafe.executors;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Changes numbers of a checkpoint in F32. */
final class WeightPatch {
  private WeightPatch() {}

  /** Writes one value to all places of a row of a tensor. */
  static void row(Path directory, String name, int row, float value) throws IOException {
    TensorInfo info;
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      info = checkpoint.tensors().get(name);
    }
    long columns = info.shape().get(info.shape().size() - 1);
    try (FileChannel file =
        FileChannel.open(
            directory.resolve("model.safetensors"),
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      ByteBuffer head = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      file.read(head, 0);
      ByteBuffer values =
          ByteBuffer.allocate(Math.toIntExact(columns * 4)).order(ByteOrder.LITTLE_ENDIAN);
      while (values.hasRemaining()) {
        values.putFloat(value);
      }
      file.write(values.flip(), 8 + head.getLong(0) + info.begin() + row * columns * 4);
    }
  }
}
