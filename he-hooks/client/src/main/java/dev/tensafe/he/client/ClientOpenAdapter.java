package dev.tensafe.he.client;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.nativelib.ckks.Packing;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An adapter that is open in a session, as the model host sees it: what the adapter host holds of
 * it, and the pads made for it here. Its bases are in a {@link PublicPart}. Thread-safe.
 *
 * @param ref its number there
 */
record ClientOpenAdapter(ClientSession session, int ref, Map<GroupId, Group> groups) {
  ClientOpenAdapter {
    groups = Map.copyOf(groups);
  }

  /** Wipes pads that were not used. */
  void close() {
    for (Group group : groups.values()) {
      if (group.pads() != null) {
        group.pads().close();
      }
    }
  }

  /**
   * A group at the adapter host.
   *
   * @param packings it is held for
   * @param pads its stock, or null where there are none
   */
  record Group(List<Packing> packings, @Nullable PadStock pads) {
    Group {
      packings = List.copyOf(packings);
    }
  }
}
