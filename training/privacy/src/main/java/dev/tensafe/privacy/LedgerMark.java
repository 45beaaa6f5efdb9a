package dev.tensafe.privacy;

import static java.util.Objects.requireNonNull;

/**
 * A place in a data set's record, for a checkpoint to refer to. The digest covers all that was
 * recorded up to there, so that it is in one history only.
 *
 * @param sequence the number of the last line, from 0; it only grows
 * @param digest SHA-256 of the chain up to it, in 64 hexadecimal digits
 */
public record LedgerMark(long sequence, String digest) {
  /**
   * Checks the form.
   *
   * @throws PrivacyException {@code privacy.invalid}
   */
  public LedgerMark {
    requireNonNull(digest, "digest is null");
    if (sequence < 0 || !digest.matches("[0-9a-f]{64}")) {
      throw PrivacyException.invalid(
          "a mark of the ledger has a number from 0 and 64 hexadecimal digits");
    }
  }
}
