package dev.tensafe.tssp.file;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.canonical.PreAuthenticationEncoding;
import dev.tensafe.tssp.crypto.DataKey;
import dev.tensafe.tssp.crypto.SealingStream;
import dev.tensafe.tssp.crypto.SegmentCipher;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Extent;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.ManifestWriter;
import dev.tensafe.tssp.manifest.Part;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.Recipient;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;

/**
 * Writes a package in one pass and constant memory. Digests have a fixed width in the manifest and
 * lengths are known beforehand, so room is left for manifest and signatures, the parts are sealed
 * behind it, and the room is filled at the end.
 */
public final class PackageWriter {
  /** The payload type of signed manifests. */
  public static final String PAYLOAD_TYPE = "application/vnd.tensafe.tssp.manifest+json;v=2";

  private PackageWriter() {}

  /** Produces a part's plaintext. */
  @FunctionalInterface
  public interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * A part to write.
   *
   * @param length of the plaintext, exactly
   */
  public record Source(PartKind kind, long length, List<RecipientPublicKey> recipients, Body body) {
    public Source {
      recipients = List.copyOf(recipients);
    }
  }

  /** The bytes that are signed. */
  public static byte[] signedBytes(byte[] manifest) {
    return PreAuthenticationEncoding.of(PAYLOAD_TYPE, manifest);
  }

  /**
   * Writes a package.
   *
   * @param manifestOf the manifest for given parts, with {@code packageId} as its id
   * @param packageId 16 random bytes
   * @return the manifest as signed
   * @throws TsspException {@code tssp.io}, {@code tssp.invalid_request}, or what a body throws; the
   *     target is untouched then
   */
  public static Manifest write(
      Path target,
      byte[] packageId,
      Function<List<Part>, Manifest> manifestOf,
      List<Source> sources,
      SigningKey key,
      SecureRandom random) {
    List<DataKey> keys = new ArrayList<>();
    try {
      List<Part> drafts = new ArrayList<>();
      for (Source source : sources) {
        DataKey dataKey = DataKey.generate(random);
        keys.add(dataKey);
        drafts.add(
            new Part(
                source.kind(),
                new Extent(source.length(), new byte[32]),
                new Extent(SegmentCipher.streamLength(source.length()), new byte[32]),
                recipients(source, dataKey, packageId, random)));
      }
      Manifest draft = manifestOf.apply(drafts);
      if (!draft.packageId().equals(HexFormat.of().formatHex(packageId))) {
        throw new IllegalArgumentException("the manifest has another package id");
      }
      int room = acceptableLength(draft);
      Manifest[] result = {draft};
      DurableFile.write(
          target,
          channel -> {
            int head = PackageFile.MAGIC.length + 4 + room + 4 + signatureRoom(key);
            channel.position(head);
            List<Part> parts = new ArrayList<>();
            for (int i = 0; i < sources.size(); i++) {
              parts.add(
                  writePart(
                      channel, drafts.get(i), sources.get(i), keys.get(i), packageId, random));
            }
            Manifest manifest = manifestOf.apply(parts);
            byte[] manifestBytes = ManifestWriter.write(manifest);
            byte[] signatures =
                SignatureList.write(List.of(key.sign(signedBytes(manifestBytes), random)));
            byte[] headBytes = head(manifestBytes, signatures);
            if (headBytes.length != head) {
              throw new IllegalStateException("the manifest changed its length");
            }
            writeFully(channel, 0, headBytes);
            result[0] = manifest;
          });
      return result[0];
    } finally {
      keys.forEach(DataKey::close);
    }
  }

  /** Length of the manifest; one that readers would refuse is refused here, before any work. */
  private static int acceptableLength(Manifest draft) {
    byte[] bytes = ManifestWriter.write(draft);
    if (bytes.length > Manifest.MAX_BYTES) {
      throw new TsspException(
          Reason.INVALID_REQUEST,
          "the manifest would have "
              + bytes.length
              + " bytes; "
              + Manifest.MAX_BYTES
              + " are allowed");
    }
    try {
      Manifest unusedAccepted = ManifestReader.read(bytes);
    } catch (TsspException e) {
      throw new TsspException(Reason.INVALID_REQUEST, e.description(), e);
    }
    return bytes.length;
  }

  private static int signatureRoom(SigningKey key) {
    return SignatureList.write(
            List.of(
                new Signature(
                    key.publicKey().id(),
                    new byte[Signature.ED25519_BYTES],
                    new byte[Signature.ML_DSA_65_BYTES])))
        .length;
  }

  private static List<Recipient> recipients(
      Source source, DataKey dataKey, byte[] packageId, SecureRandom random) {
    List<Recipient> recipients = new ArrayList<>();
    for (RecipientPublicKey recipient : source.recipients()) {
      Encapsulation encapsulation = recipient.encapsulate(random);
      recipients.add(
          new Recipient(
              recipient.id(),
              encapsulation.ciphertext(),
              dataKey.wrap(
                  encapsulation.sharedSecret(),
                  packageId,
                  recipient.id().bytes(),
                  source.kind().label())));
      Arrays.fill(encapsulation.sharedSecret(), (byte) 0);
    }
    return recipients;
  }

  private static Part writePart(
      FileChannel channel,
      Part draft,
      Source source,
      DataKey key,
      byte[] packageId,
      SecureRandom random)
      throws IOException {
    OutputStream out = Channels.newOutputStream(channel);
    out.write(ByteBuffer.allocate(8).putLong(draft.ciphertext().length()).array());
    SealingStream sealing = new SealingStream(out, key, packageId, draft.name(), random);
    source.body().writeTo(sealing);
    SealingStream.Result result = sealing.finish();
    if (result.plaintextLength() != source.length()) {
      throw new TsspException(
          Reason.INVALID_REQUEST,
          "part '"
              + draft.name()
              + "' has "
              + result.plaintextLength()
              + " bytes where "
              + source.length()
              + " were announced; did its source change?");
    }
    return new Part(
        draft.kind(),
        new Extent(result.plaintextLength(), result.plaintextSha256()),
        new Extent(result.streamLength(), result.streamSha256()),
        draft.recipients());
  }

  /** Everything before the parts. */
  static byte[] head(byte[] manifest, byte[] signatures) {
    return ByteBuffer.allocate(PackageFile.MAGIC.length + 8 + manifest.length + signatures.length)
        .put(PackageFile.MAGIC)
        .putInt(manifest.length)
        .put(manifest)
        .putInt(signatures.length)
        .put(signatures)
        .array();
  }

  static void writeFully(FileChannel channel, long at, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      channel.write(buffer, at + buffer.position());
    }
  }
}
