package dev.tensafe.he.client;

import dev.tensafe.formats.split.ProbeVectors;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an owner knows who packed an adapter, and the tag that a model host has of it. */
public final class KnownInputs {
  private KnownInputs() {}

  /** An input whose answer is in the package. */
  public static byte[] of(PublicPart adapter, GroupId group, int index) {
    return ProbeVectors.vector(
        adapter.probeSeed(),
        GroupLayout.name(group),
        index,
        adapter.groups().stream()
            .filter(g -> g.id().equals(group))
            .findFirst()
            .orElseThrow()
            .columns());
  }

  /** Deletes a tag, so that it is made anew. */
  public static void forgetTag(Path state, PublicPart adapter, KeyId host) throws IOException {
    Files.delete(TagBook.file(state, adapter.digest(), host));
  }
}
