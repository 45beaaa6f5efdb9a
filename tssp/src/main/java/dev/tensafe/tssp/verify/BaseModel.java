package dev.tensafe.tssp.verify;

import static java.util.Objects.requireNonNull;

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
import java.util.Optional;

/**
 * The model an adapter is to run on, as packages are bound to it.
 *
 * @param configSha256 SHA-256 of config.json's bytes, hexadecimal
 * @param weightsSha256 see {@link WeightsDigest}, hexadecimal
 */
public record BaseModel(String configSha256, String weightsSha256, BaseProjections projections) {
  private static final int MAX_CONFIG_BYTES = 1 << 20;

  /**
   * Reads a model directory, every weight of it, and writes nothing.
   *
   * @throws FormatException {@code checkpoint.*}, {@code safetensors.*}
   * @throws TsspException {@code tssp.io}
   */
  public static BaseModel of(Path directory) {
    return of(directory, DigestCache.none());
  }

  /**
   * Reads a model directory, and every weight of it unless their digest is remembered.
   *
   * @throws FormatException {@code checkpoint.*}, {@code safetensors.*}
   * @throws TsspException {@code tssp.io}
   */
  public static BaseModel of(Path directory, DigestCache cache) {
    requireNonNull(cache, "cache is null");
    // Before the files are opened: else a digest of replaced files could be kept for new ones.
    Optional<CheckpointIdentity> identity = CheckpointIdentity.of(directory);
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
          cache.digest(
              identity, () -> CheckpointIdentity.of(directory), () -> WeightsDigest.of(checkpoint)),
          BaseProjections.of(checkpoint));
    }
  }

  @Override
  public String toString() {
    return "BaseModel[config=" + configSha256 + ", weights=" + weightsSha256 + "]";
  }
}
