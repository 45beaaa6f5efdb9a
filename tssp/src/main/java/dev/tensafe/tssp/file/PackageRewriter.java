package dev.tensafe.tssp.file;

import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.TsspException.Reason;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.SignatureList;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Changes what may be changed of a finished package: parts can be withheld, signatures added. The
 * manifest stays byte for byte what it was. Nothing is verified here.
 */
public final class PackageRewriter {
  private PackageRewriter() {}

  /**
   * Writes the package without some of its parts; the copy still verifies for readers they are not
   * addressed to.
   *
   * @param target may be the package's own path
   * @throws TsspException {@code tssp.part_unknown} if the package has no such part, {@code
   *     tssp.manifest_invalid}, {@code tssp.layout}, {@code tssp.io}
   */
  public static void withhold(PackageFile file, Set<PartKind> withheld, Path target) {
    Manifest manifest = ManifestReader.read(file.manifestBytes());
    for (PartKind kind : withheld) {
      if (manifest.part(kind).isEmpty()) {
        throw new TsspException(
            Reason.PART_UNKNOWN, "the package has no part '" + kind.label() + "'");
      }
    }
    write(file, manifest, withheld, file.signatureBytes(), target);
  }

  /**
   * Adds a reviewer's signature over the manifest as it is.
   *
   * @param target may be the package's own path
   * @throws TsspException {@code tssp.invalid_request} when the key has signed already or no more
   *     signatures fit; otherwise as {@link #withhold}, or {@code tssp.signatures_malformed}
   */
  public static void countersign(
      PackageFile file, SigningKey key, Path target, SecureRandom random) {
    List<Signature> signatures = new ArrayList<>(SignatureList.read(file.signatureBytes()));
    if (signatures.size() == SignatureList.MAX_COUNT
        || signatures.stream().anyMatch(s -> s.signer().equals(key.publicKey().id()))) {
      throw new TsspException(
          Reason.INVALID_REQUEST,
          "this key has signed already, or " + SignatureList.MAX_COUNT + " others have");
    }
    signatures.add(key.sign(PackageWriter.signedBytes(file.manifestBytes()), random));
    write(
        file,
        ManifestReader.read(file.manifestBytes()),
        Set.of(),
        SignatureList.write(signatures),
        target);
  }

  private static void write(
      PackageFile file, Manifest manifest, Set<PartKind> withheld, byte[] signatures, Path target) {
    if (file.parts().size() != manifest.parts().size()) {
      throw new TsspException(
          Reason.LAYOUT,
          "the file has "
              + file.parts().size()
              + " parts, its manifest "
              + manifest.parts().size());
    }
    DurableFile.write(
        target,
        channel -> {
          OutputStream out = Channels.newOutputStream(channel);
          out.write(PackageWriter.head(file.manifestBytes(), signatures));
          for (int i = 0; i < file.parts().size(); i++) {
            PackageFile.Section section = file.parts().get(i);
            boolean leaveOut = withheld.contains(manifest.parts().get(i).kind());
            long length = leaveOut ? 0 : section.length();
            out.write(ByteBuffer.allocate(8).putLong(length).array());
            if (!leaveOut) {
              copy(file.stream(section), out);
            }
          }
        });
  }

  private static void copy(InputStream in, OutputStream out) throws IOException {
    byte[] buffer = new byte[1 << 16];
    int count;
    while ((count = in.read(buffer)) >= 0) {
      out.write(buffer, 0, count);
    }
  }
}
