package dev.tensafe.lora.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** The choice of adapters to evict: of those neither used nor pinned, the least recently used. */
final class Eviction {
  private Eviction() {}

  /**
   * @param missing bytes to be freed; nothing is chosen for none
   * @return in order; may free less than that, if there is no more
   */
  static List<AdapterEntry> choose(Collection<AdapterEntry> entries, long missing) {
    List<AdapterEntry> victims = new ArrayList<>();
    if (missing <= 0) {
      return victims;
    }
    List<AdapterEntry> idle =
        entries.stream()
            .filter(e -> e.weights != null && e.idle() && !e.pinned)
            .sorted(Comparator.comparingLong(e -> e.lastUse))
            .toList();
    long freed = 0;
    for (AdapterEntry e : idle) {
      if (freed >= missing) {
        break;
      }
      victims.add(e);
      freed += e.info.bytes();
    }
    return victims;
  }
}
