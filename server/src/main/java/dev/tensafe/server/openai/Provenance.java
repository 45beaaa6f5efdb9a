package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * How an answer came about: the {@code tensafe} object.
 *
 * @param adapterDigest SHA-256 of the adapter's manifest, or null for the base model
 * @param mode {@code base} or {@code plain}
 */
public record Provenance(@Nullable String adapterDigest, String mode) {
  /** The base model alone. */
  public static final Provenance BASE = new Provenance(null, "base");

  ObjectNode json() {
    ObjectNode out = JsonBody.object();
    out.put("adapter_digest", adapterDigest);
    out.put("mode", mode);
    out.putNull("profile");
    out.put("rotations", 0);
    return out;
  }
}
