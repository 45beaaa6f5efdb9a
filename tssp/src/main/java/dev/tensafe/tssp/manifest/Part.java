package dev.tensafe.tssp.manifest;

import dev.tensafe.tssp.keys.KeyId;
import java.util.List;
import java.util.Optional;

/**
 * One part of a package.
 *
 * @param plaintext what the stream decrypts to
 * @param ciphertext the stream as it stands in the file
 * @param recipients 1 … 256, of distinct keys
 */
public record Part(PartKind kind, Extent plaintext, Extent ciphertext, List<Recipient> recipients) {
  public static final int MAX_RECIPIENTS = 256;

  public Part {
    recipients = List.copyOf(recipients);
  }

  public String name() {
    return kind.label();
  }

  /** The entry of one recipient. */
  public Optional<Recipient> recipient(KeyId key) {
    return recipients.stream().filter(r -> r.key().equals(key)).findFirst();
  }
}
