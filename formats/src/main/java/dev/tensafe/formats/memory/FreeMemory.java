package dev.tensafe.formats.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * Memory that a process may still take: what the machine has, and what each control group (version
 * 2) around the process leaves it. Pages of files count as free, swap does not: what is computed
 * with has to lie in memory. Immutable; every call looks anew.
 */
public final class FreeMemory {
  private static final String GROUPS = "sys/fs/cgroup";

  private final Path root;

  /**
   * @param root where {@code proc} and {@code sys} are
   */
  FreeMemory(Path root) {
    this.root = root;
  }

  /** Of the machine, for this process. */
  public static FreeMemory ofThisProcess() {
    return new FreeMemory(Path.of("/"));
  }

  /** Bytes; empty where the system does not tell. */
  public OptionalLong bytes() {
    long least = Long.MAX_VALUE;
    for (String line : lines(root.resolve("proc/meminfo"))) {
      if (line.startsWith("MemAvailable:")) {
        least = number(line.replaceAll("[^0-9]", ""), Long.MAX_VALUE >> 10) << 10;
      }
    }
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      if (line.startsWith("0::/")) {
        least = Math.min(least, inGroups(line.substring("0::/".length())));
      }
    }
    return least == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(least);
  }

  /** The least that a group and those around it leave. */
  private long inGroups(String name) {
    Path top = root.resolve(GROUPS);
    long least = Long.MAX_VALUE;
    for (Path group = top.resolve(name).normalize();
        group != null && group.startsWith(top);
        group = group.getParent()) {
      least = Math.min(least, left(group));
    }
    return least;
  }

  private static long left(Path group) {
    long most = number(first(group.resolve("memory.max")), Long.MAX_VALUE);
    long used = number(first(group.resolve("memory.current")), -1);
    if (most == Long.MAX_VALUE || used < 0) {
      return Long.MAX_VALUE;
    }
    for (String line : lines(group.resolve("memory.stat"))) {
      if (line.startsWith("inactive_file ") || line.startsWith("active_file ")) {
        used -= number(line.substring(line.indexOf(' ') + 1), 0);
      }
    }
    return Math.max(0, most - Math.max(0, used));
  }

  private static String first(Path file) {
    List<String> lines = lines(file);
    return lines.isEmpty() ? "" : lines.get(0);
  }

  /** A number of the kernel's, or another where there is none, as in {@code max}. */
  private static long number(String text, long otherwise) {
    try {
      return Long.parseLong(text.strip());
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      // systems without control groups have no such file
      return List.of();
    }
  }
}
