package dev.tensafe.tssp.verify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.crypto.Digests;
import dev.tensafe.tssp.file.DurableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The digest of a checkpoint's tensors, whatever files they lie in: SHA-256 over the canonical JSON
 * of the list, sorted by name, of {@code {dtype, name, sha256, shape}}.
 *
 * <p>It is cached in {@value #CACHE} in the model's directory and valid as long as names, sizes and
 * modification times of the safetensors files stay the same. Where that file cannot be written, the
 * digest is computed each time.
 */
final class WeightsDigest {
  static final String CACHE = ".tensafe-weights.json";

  private static final String FORMAT = "tensafe-weights/v1";
  private static final int PIECE_BYTES = 1 << 18;

  private WeightsDigest() {}

  static String of(Path directory, Checkpoint checkpoint) {
    ObjectNode stamp = stamp(directory);
    Path cache = directory.resolve(CACHE);
    if (Files.exists(cache)) {
      String cached = cached(cache, stamp);
      if (!cached.isEmpty()) {
        return cached;
      }
    }
    String digest = compute(checkpoint);
    stamp.put("sha256", digest);
    try {
      DurableFile.write(cache, CanonicalJson.write(stamp));
    } catch (TsspException e) {
      // A model directory may be read-only: the digest is what counts.
    }
    return digest;
  }

  private static String cached(Path cache, ObjectNode stamp) {
    try {
      JsonNode node = Json.readObject(cache, "tssp");
      String digest = node.path("sha256").asText();
      ObjectNode expected = stamp.deepCopy().put("sha256", digest);
      // Compared as canonical bytes: numbers read back have other node types.
      boolean same =
          digest.matches("[0-9a-f]{64}")
              && Arrays.equals(CanonicalJson.write(node), CanonicalJson.write(expected));
      return same ? digest : "";
    } catch (CodedException | IllegalArgumentException e) {
      return "";
    }
  }

  private static ObjectNode stamp(Path directory) {
    ObjectNode stamp = JsonNodeFactory.instance.objectNode().put("format", FORMAT);
    ArrayNode files = stamp.putArray("files");
    try (Stream<Path> list = Files.list(directory)) {
      List<Path> sorted =
          list.filter(f -> f.getFileName().toString().endsWith(".safetensors")).sorted().toList();
      for (Path file : sorted) {
        files
            .addObject()
            .put("name", file.getFileName().toString())
            .put("size", Files.size(file))
            .put("modified_micros", Files.getLastModifiedTime(file).to(TimeUnit.MICROSECONDS));
      }
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot list " + directory, e);
    }
    return stamp;
  }

  static String compute(Checkpoint checkpoint) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (TensorInfo info : new TreeMap<>(checkpoint.tensors()).values()) {
      ObjectNode node = list.addObject();
      node.put("name", info.name()).put("dtype", info.dtype().name());
      info.shape().forEach(node.putArray("shape")::add);
      node.put("sha256", HexFormat.of().formatHex(digest(checkpoint, info)));
    }
    return HexFormat.of().formatHex(Digests.sha256(CanonicalJson.write(list)));
  }

  private static byte[] digest(Checkpoint checkpoint, TensorInfo info) {
    MessageDigest digest = Digests.sha256();
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
    for (long at = 0; at < info.byteSize(); at += piece.limit()) {
      piece.clear().limit((int) Math.min(PIECE_BYTES, info.byteSize() - at));
      checkpoint.read(info.name(), at, piece);
      digest.update(piece.flip());
    }
    return digest.digest();
  }
}
