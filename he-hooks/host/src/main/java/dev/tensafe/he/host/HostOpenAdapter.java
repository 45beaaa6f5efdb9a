package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.GroupId;
import java.util.Map;

/**
 * An adapter that is open in a session, as the adapter host sees it. Its weights are in a {@link
 * SealedPart} that other sessions share.
 *
 * @param blocks of pads, by group; empty ones are being made
 */
record HostOpenAdapter(
    SealedPart adapter, Map<GroupId, SealedPart.Group> groups, Map<GroupId, PadBlocks> blocks)
    implements AutoCloseable {
  SealedPart.Group group(GroupId id) {
    SealedPart.Group group = groups.get(id);
    if (group == null) {
      throw new HeException(Reason.PROTOCOL, "the adapter has no " + id);
    }
    return group;
  }

  PadBlocks blocks(GroupId id) {
    PadBlocks of = blocks.get(id);
    if (of == null) {
      throw new HeException(Reason.PROTOCOL, "no pads for " + id);
    }
    return of;
  }

  int blockCount() {
    return blocks.values().stream().mapToInt(PadBlocks::count).sum();
  }

  @Override
  public void close() {
    blocks.values().forEach(PadBlocks::close);
  }
}
