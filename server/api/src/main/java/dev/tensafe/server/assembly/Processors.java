package dev.tensafe.server.assembly;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processors of this machine as Linux counts them.
 *
 * @param usable by this process: its affinity, and what a container leaves of it
 * @param online in the whole machine, never fewer than usable
 */
record Processors(int usable, int online) {
  private static final Path ONLINE = Path.of("/sys/devices/system/cpu/online");

  static Processors ofThisMachine() {
    int usable = Runtime.getRuntime().availableProcessors();
    return new Processors(usable, Math.max(usable, online(ONLINE)));
  }

  /** Whether this process was pinned to some of the machine's processors. */
  boolean pinned() {
    return usable < online;
  }

  private static int online(Path list) {
    try {
      return count(Files.readString(list).strip());
    } catch (IOException | NumberFormatException e) {
      return 0; // unknown: as if there were no others
    }
  }

  /**
   * The length of a list as the kernel writes it, "0-3,8".
   *
   * @throws NumberFormatException if it is none
   */
  static int count(String list) {
    int count = 0;
    for (String range : list.split(",", -1)) {
      String[] ends = range.split("-", 2);
      count += Integer.parseInt(ends[ends.length - 1]) - Integer.parseInt(ends[0]) + 1;
    }
    return count;
  }
}
