package dev.tensafe.he.client;

import dev.tensafe.tssp.keys.KeyId;
import java.nio.file.Path;

/** The secret tags of adapters, in a state directory. */
final class TagBook {
  private TagBook() {}

  /** The file of a tag. */
  static Path file(Path directory, String digest, KeyId host) {
    return directory.resolve("he-tags").resolve(digest + "-" + host.hex() + ".tag");
  }
}
