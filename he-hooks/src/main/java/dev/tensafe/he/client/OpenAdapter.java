package dev.tensafe.he.client;

import dev.tensafe.he.wire.GroupId;
import dev.tensafe.nativelib.ckks.Packing;
import java.util.List;
import java.util.Map;

/**
 * An adapter that stands open in a session.
 *
 * @param ref its number there
 */
record OpenAdapter(Session session, int ref, Map<GroupId, Group> groups) {
  OpenAdapter {
    groups = Map.copyOf(groups);
  }

  /** The packings the adapter host holds a group for. */
  record Group(List<Packing> packings) {
    Group {
      packings = List.copyOf(packings);
    }
  }
}
