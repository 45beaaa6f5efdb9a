package dev.tensafe.tssp.trust;

import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.manifest.Manifest;

/**
 * One version of an issuer's adapter, as it was signed.
 *
 * @param digest SHA-256 of the manifest, hexadecimal: that of every copy of one package, with parts
 *     withheld or reviews added, and of no other packing
 */
public record Release(KeyId issuer, String name, long version, String digest) {
  /**
   * The release that a package is.
   *
   * @param digest of the manifest
   */
  public static Release of(Manifest manifest, String digest) {
    return new Release(manifest.issuer(), manifest.name(), manifest.version(), digest);
  }
}
