package dev.tensafe.tssp.verify;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.crypto.DataKey;
import dev.tensafe.tssp.crypto.OpeningStream;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Recipient;
import dev.tensafe.tssp.trust.TrustedKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A package that passed every check at the time it was verified. Its parts are decrypted as
 * streams, never into files. Thread-safe; usable as long as the file is open.
 */
public final class VerifiedPackage {
  private final PackageFile file;
  private final Manifest manifest;
  private final String digest;
  private final List<TrustedKey> signers;

  VerifiedPackage(PackageFile file, Manifest manifest, String digest, List<TrustedKey> signers) {
    this.file = file;
    this.manifest = manifest;
    this.digest = digest;
    this.signers = List.copyOf(signers);
  }

  /** Reads a part's plaintext. */
  @FunctionalInterface
  public interface PartReader<T> {
    /**
     * @param plaintext authentic so far; may be left unread
     * @param length of all of it, in bytes
     */
    T read(InputStream plaintext, long length) throws IOException;
  }

  public Manifest manifest() {
    return manifest;
  }

  /** SHA-256 of the manifest, hexadecimal: the adapter's digest everywhere. */
  public String digest() {
    return digest;
  }

  /** The owner, then the reviewers. */
  public List<TrustedKey> signers() {
    return signers;
  }

  /** Whether the file holds the part. */
  public boolean has(PartKind kind) {
    int index = manifest.mode().parts().indexOf(kind);
    return index >= 0 && file.parts().get(index).length() > 0;
  }

  /**
   * Decrypts a part. The result of {@code reader} is returned only when the whole part was there
   * and was what the owner signed. Otherwise it is discarded, so {@code reader} must have no
   * lasting effect.
   *
   * @throws TsspException {@code tssp.part_unknown}, {@code tssp.not_a_recipient}, {@code
   *     tssp.decryption_failed}, {@code tssp.digest_mismatch}, {@code tssp.io}, or what {@code
   *     reader} throws
   */
  public <T> T open(PartKind kind, RecipientKey key, PartReader<T> reader) {
    Part part =
        manifest
            .part(kind)
            .filter(p -> has(kind))
            .orElseThrow(
                () ->
                    new TsspException(
                        Reason.PART_UNKNOWN, "the package holds no part '" + kind.label() + "'"));
    Recipient recipient =
        part.recipient(key.publicKey().id())
            .orElseThrow(
                () ->
                    new TsspException(
                        Reason.NOT_A_RECIPIENT,
                        "part '"
                            + part.name()
                            + "' is not addressed to recipient key "
                            + key.publicKey().id()));
    byte[] packageId = HexFormat.of().parseHex(manifest.packageId());
    PackageFile.Section section = file.parts().get(manifest.parts().indexOf(part));
    try (DataKey dataKey = unwrap(part, recipient, key, packageId);
        OpeningStream plaintext =
            new OpeningStream(
                file.stream(section), dataKey, packageId, part.name(), part.plaintext().length())) {
      T result = reader.read(plaintext, part.plaintext().length());
      // The stream's own digest need not be taken again: only its own bytes decrypt to this
      // plaintext.
      if (!Arrays.equals(plaintext.finish(), part.plaintext().sha256())) {
        throw new TsspException(
            Reason.DIGEST_MISMATCH, "part '" + part.name() + "' is not the one that was signed");
      }
      return result;
    } catch (IOException e) {
      throw new TsspException(Reason.IO, "cannot read the package", e);
    }
  }

  private static DataKey unwrap(
      Part part, Recipient recipient, RecipientKey key, byte[] packageId) {
    byte[] secret = key.decapsulate(recipient.encapsulation());
    try {
      return DataKey.unwrap(
              recipient.wrappedKey(), secret, packageId, recipient.key().bytes(), part.name())
          .orElseThrow(
              () ->
                  new TsspException(
                      Reason.DECRYPTION_FAILED,
                      "the key of part '" + part.name() + "' does not unwrap"));
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  @Override
  public String toString() {
    return "VerifiedPackage[" + manifest.name() + " " + digest + "]";
  }
}
