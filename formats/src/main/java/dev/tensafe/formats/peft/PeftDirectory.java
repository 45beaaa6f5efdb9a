package dev.tensafe.formats.peft;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.floats.FloatElements;
import dev.tensafe.formats.safetensors.SafetensorsFile;
import dev.tensafe.formats.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/** A directory as {@code save_pretrained} of PEFT writes it, opened read-only and checked. */
public final class PeftDirectory implements AutoCloseable {
  public static final String CONFIG = "adapter_config.json";
  public static final String TENSORS = "adapter_model.safetensors";

  /** Longest configuration read. */
  public static final int MAX_CONFIG_BYTES = 1 << 20;

  private final byte[] configBytes;
  private final Path tensorsPath;
  private final SafetensorsFile tensors;
  private final PeftAdapter adapter;

  private PeftDirectory(
      byte[] configBytes, Path tensorsPath, SafetensorsFile tensors, PeftAdapter adapter) {
    this.configBytes = configBytes;
    this.tensorsPath = tensorsPath;
    this.tensors = tensors;
    this.adapter = adapter;
  }

  /**
   * Opens a directory and matches it against the base model. The values of the weights are not
   * looked at.
   *
   * @throws FormatException any code of {@link PeftConfig#parse}, {@link SafetensorsFile#open} and
   *     {@link PeftAdapter#resolve}; {@code peft.missing}; {@code peft.pickle}
   */
  public static PeftDirectory open(Path directory, BaseProjections base) {
    byte[] configBytes = readConfig(directory.resolve(CONFIG));
    Path path = directory.resolve(TENSORS);
    if (!Files.exists(path) && Files.exists(directory.resolve("adapter_model.bin"))) {
      throw new FormatException(
          "peft.pickle", "adapter_model.bin is a pickle and is never read; save " + TENSORS);
    }
    SafetensorsFile tensors = SafetensorsFile.open(path);
    try {
      PeftAdapter adapter =
          PeftAdapter.resolve(PeftConfig.parse(configBytes), tensors.tensors(), base);
      return new PeftDirectory(configBytes, path, tensors, adapter);
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private static byte[] readConfig(Path file) {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MAX_CONFIG_BYTES + 1);
      if (bytes.length > MAX_CONFIG_BYTES) {
        throw new FormatException(
            "peft.config", CONFIG + " is longer than " + MAX_CONFIG_BYTES + " bytes");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      throw new FormatException("peft.missing", "there is no file " + file, e);
    } catch (IOException e) {
      throw new FormatException("peft.unreadable", "cannot read " + file, e);
    }
  }

  public PeftAdapter adapter() {
    return adapter;
  }

  /** The configuration file as it is. */
  public byte[] configBytes() {
    return configBytes.clone();
  }

  /** The file of tensors; it may have changed since it was opened, so copies must be checked. */
  public Path tensorsPath() {
    return tensorsPath;
  }

  /**
   * Values of a tensor, row-major.
   *
   * @throws FormatException {@code peft.not_finite}, naming the tensor
   */
  public double[] values(TensorInfo tensor) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(tensor.byteSize())).order(ByteOrder.LITTLE_ENDIAN);
    tensors.read(tensor.name(), 0, bytes);
    bytes.flip();
    if (!FloatElements.allFinite(tensor.dtype(), bytes)) {
      throw new FormatException("peft.not_finite", tensor.name() + " holds a NaN or an infinity");
    }
    try {
      return FloatElements.decode(tensor.dtype(), bytes);
    } finally {
      Arrays.fill(bytes.array(), (byte) 0);
    }
  }

  @Override
  public void close() {
    tensors.close();
  }
}
