package dev.tensafe.server.assembly;

import dev.tensafe.he.transport.Address;
import java.util.List;

/**
 * Whether base projections run while adapter hosts compute. Where both want the same cores nothing
 * is won by it: each of the projections' threads waits for the one that the adapter host has pushed
 * aside, and the pass stops twice in a layer instead of once. Measured in docs/BENCHMARKS.md.
 */
final class Overlap {
  private Overlap() {}

  /**
   * @param hosts of adapters; none for one in this process
   * @param computeThreads of the base model
   */
  static boolean pays(List<Address> hosts, int computeThreads, Processors processors) {
    if (processors.usable() > computeThreads
        || hosts.stream().anyMatch(Address.Tls.class::isInstance)) {
      return true;
    }
    // who pins this process leaves the other cores to somebody
    return !hosts.isEmpty() && processors.pinned();
  }
}
