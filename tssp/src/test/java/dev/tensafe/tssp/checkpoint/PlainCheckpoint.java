package dev.tensafe.tssp.checkpoint;

import dev.tensafe.tssp.manifest.Manifest;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/** The reader behind decryption, for tests of other packages. */
public final class PlainCheckpoint {
  private PlainCheckpoint() {}

  public static CheckpointHead read(Manifest manifest, byte[] plaintext, CheckpointSink sink)
      throws IOException {
    return CheckpointReader.read(
        manifest, new ByteArrayInputStream(plaintext), plaintext.length, sink);
  }
}
