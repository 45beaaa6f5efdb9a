package dev.tensafe.server.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/**
 * The origin of an answer: the {@code tensafe} object.
 *
 * @param adapterDigest SHA-256 of the adapter's manifest, or null for the base model
 * @param mode {@code base}, {@code plain} or {@code he}
 * @param profile parameters of the encryption in mode he, else null
 * @param verified how the adapter host's answers are checked in mode he, else null
 */
public record Provenance(
    @Nullable String adapterDigest,
    String mode,
    @Nullable String profile,
    @Nullable String verified) {
  /** The base model alone. */
  public static final Provenance BASE = new Provenance(null, "base", null, null);

  /** The JSON object. */
  public ObjectNode json() {
    ObjectNode out = JsonBody.object();
    out.put("adapter_digest", adapterDigest);
    out.put("mode", mode);
    out.put("profile", profile);
    out.put("verified", verified);
    out.put("rotations", 0);
    return out;
  }
}
