package dev.tensafe.tssp.manifest;

import java.util.Optional;

/**
 * The base model an adapter was made for.
 *
 * @param id what its owner calls it; shown, not compared
 * @param configSha256 SHA-256 of config.json, hexadecimal; absent for any
 * @param weightsSha256 digest of the tensors, hexadecimal; absent for any
 */
public record BaseModelBinding(
    String id, Optional<String> configSha256, Optional<String> weightsSha256) {
  /** Stands in the manifest where the owner allows any. */
  static final String ANY = "any";
}
