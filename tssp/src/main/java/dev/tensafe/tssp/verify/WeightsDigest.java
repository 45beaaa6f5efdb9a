package dev.tensafe.tssp.verify;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.TensorInfo;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.crypto.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.TreeMap;

/**
 * The digest of a checkpoint's tensors, whatever files they lie in: SHA-256 over the canonical JSON
 * of the list, sorted by name, of {@code {dtype, name, sha256, shape}}. Stateless.
 */
final class WeightsDigest {
  private static final int PIECE_BYTES = 1 << 18;

  private WeightsDigest() {}

  /** Reads all weights. */
  static String of(Checkpoint checkpoint) {
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
