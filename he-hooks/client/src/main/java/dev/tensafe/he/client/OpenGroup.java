package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.Packing;
import java.util.List;

/**
 * One group of an adapter that is open in a session.
 *
 * @param index among the adapter's groups, in order of their ids
 * @param packings the adapter host holds it for
 * @param codec closed with the adapter
 */
record OpenGroup(int index, PublicGroup part, List<Packing> packings, GroupCodec codec) {
  OpenGroup {
    packings = List.copyOf(packings);
  }
}
