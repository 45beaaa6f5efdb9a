package dev.tensafe.tssp.manifest;

import dev.tensafe.tssp.keys.KeyId;

/**
 * A part's data key, wrapped for one recipient.
 *
 * @param key the recipient's key id
 * @param encapsulation 1120 bytes, X-Wing
 * @param wrappedKey 48 bytes
 */
public record Recipient(KeyId key, byte[] encapsulation, byte[] wrappedKey) {}
