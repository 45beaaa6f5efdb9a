package dev.tensafe.formats.peft;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Writes adapters of real shape with random weights, for tests and measurements only. */
public final class SyntheticAdapter {
  private static final int PIECE_ELEMENTS = 1 << 14;

  private SyntheticAdapter() {}

  /**
   * Writes a PEFT directory.
   *
   * @param directory created if need be
   * @param targets endings of module names, such as {@code q_proj}
   * @param dtype F32 or BF16
   */
  public static void write(
      Path directory, BaseProjections base, List<String> targets, int rank, DType dtype, long seed)
      throws IOException {
    Files.createDirectories(directory);
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.put("peft_type", "LORA").put("task_type", "CAUSAL_LM").put("bias", "none");
    config.put("r", rank).put("lora_alpha", 2 * rank).put("use_rslora", false);
    targets.forEach(config.putArray("target_modules")::add);
    Files.writeString(directory.resolve(PeftDirectory.CONFIG), config.toPrettyString());
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    SplittableRandom seeds = new SplittableRandom(seed);
    base.byModule()
        .forEach(
            (module, shape) -> {
              if (targets.stream().anyMatch(module::endsWith)) {
                String name = "base_model.model." + module;
                entries.add(entry(name + ".lora_A.weight", rank, shape.in(), dtype, seeds.split()));
                entries.add(
                    entry(name + ".lora_B.weight", shape.out(), rank, dtype, seeds.split()));
              }
            });
    SafetensorsWriter.write(directory.resolve(PeftDirectory.TENSORS), Map.of(), entries);
  }

  private static SafetensorsWriter.Entry entry(
      String name, int rows, int columns, DType dtype, SplittableRandom random) {
    return new SafetensorsWriter.Entry(
        name,
        dtype,
        List.of((long) rows, (long) columns),
        out -> writeRandom(out, (long) rows * columns, dtype, random));
  }

  private static void writeRandom(
      WritableByteChannel out, long count, DType dtype, SplittableRandom random)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(PIECE_ELEMENTS * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long done = 0; done < count; ) {
      bytes.clear();
      for (; done < count && bytes.hasRemaining(); done++) {
        int bits = Float.floatToIntBits((float) (random.nextDouble() - 0.5) / 16);
        if (dtype == DType.F32) {
          bytes.putInt(bits);
        } else if (dtype == DType.BF16) {
          bytes.putShort((short) (bits >>> 16));
        } else {
          throw new IllegalArgumentException("F32 or BF16, not " + dtype);
        }
      }
      bytes.flip();
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
    }
  }
}
