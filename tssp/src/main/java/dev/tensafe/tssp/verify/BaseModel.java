package dev.tensafe.tssp.verify;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.crypto.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * The model an adapter is to run on, as packages are bound to it.
 *
 * @param configSha256 SHA-256 of config.json's bytes, hexadecimal
 * @param weightsSha256 see {@link WeightsDigest}, hexadecimal
 */
public record BaseModel(String configSha256, String weightsSha256, BaseProjections projections) {
  private static final int MAX_CONFIG_BYTES = 1 << 20;

  /**
   * Reads a model directory; reads every weight unless their digest is cached.
   *
   * @throws FormatException {@code checkpoint.*}, {@code safetensors.*}
   * @throws TsspException {@code tssp.io}
   */
  public static BaseModel of(Path directory) {
    byte[] config;
    Path file = directory.resolve("config.json");
    try (var in = Files.newInputStream(file)) {
      config = in.readNBytes(MAX_CONFIG_BYTES + 1);
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read " + file, e);
    }
    if (config.length > MAX_CONFIG_BYTES) {
      throw new TsspException(Reason.IO, file + " is too long for a model's configuration");
    }
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      return new BaseModel(
          HexFormat.of().formatHex(Digests.sha256(config)),
          WeightsDigest.of(directory, checkpoint),
          BaseProjections.of(checkpoint));
    }
  }

  @Override
  public String toString() {
    return "BaseModel[config=" + configSha256 + ", weights=" + weightsSha256 + "]";
  }
}
