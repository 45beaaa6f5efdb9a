package dev.tensafe.he.client;

import dev.tensafe.nativelib.ckks.CkksParameters;
import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.Pads;
import java.util.Collection;

/** The memory of one adapter's pads. Without state. */
final class PadBytes {
  /** Short lanes for which there is memory, if it is allowed: a long one takes that of four. */
  private static final int LANES = 64;

  /** One of each kind that is in use, and one that is prepared. */
  private static final int BLOCKS = 3;

  private static final int LEAST_BLOCKS = 2;

  private PadBytes() {}

  /** Shape of a group. */
  record Size(int columns, int rows) {}

  /**
   * Bytes that pads may take: as many as are useful.
   *
   * @param most that they may take
   * @return 0 for none at all, where they are not possible or would not fit
   */
  static long limit(CkksParameters parameters, Collection<Size> groups, long most) {
    long block = 0;
    long lane = 0;
    for (Size group : groups) {
      block += (long) group.rows() * parameters.degree() * Long.BYTES;
      lane += LanePads.bytes(Pads.SHORT, group.columns(), group.rows());
    }
    if (!Pads.supports(parameters) || LEAST_BLOCKS * block + lane > most) {
      return 0;
    }
    return Math.min(most, BLOCKS * block + LANES * lane);
  }
}
