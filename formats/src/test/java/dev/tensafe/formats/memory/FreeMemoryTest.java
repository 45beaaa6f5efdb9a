package dev.tensafe.formats.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What machine and control groups leave, over files as Linux writes them. */
class FreeMemoryTest {
  @TempDir private Path root;

  private void file(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private OptionalLong free() {
    return new FreeMemory(root).bytes();
  }

  private void machine() throws IOException {
    file(
        "proc/meminfo",
        """
        MemTotal:       24683724 kB
        MemFree:        20000000 kB
        MemAvailable:   22000000 kB
        SwapFree:        1000000 kB
        """);
  }

  @Test
  void aSystemThatDoesNotTellIsNotGuessed() throws IOException {
    assertEquals(OptionalLong.empty(), free());
    file("proc/meminfo", "MemTotal: 5 kB\n");
    file("proc/self/cgroup", "4:memory:/old\n0::/\n");
    assertEquals(OptionalLong.empty(), free());
  }

  @Test
  void aMachineWithoutLimitsHasWhatIsAvailable() throws IOException {
    machine();
    file("proc/self/cgroup", "0::/user.slice\n");
    file("sys/fs/cgroup/user.slice/memory.max", "max\n");
    file("sys/fs/cgroup/user.slice/memory.current", "5000\n");
    assertEquals(OptionalLong.of(22_000_000L << 10), free());
  }

  @Test
  void aGroupLeavesItsLimitLessWhatCannotBeReclaimed() throws IOException {
    machine();
    file("proc/self/cgroup", "0::/\n");
    file("sys/fs/cgroup/memory.max", "1073741824\n");
    file("sys/fs/cgroup/memory.current", "900000000\n");
    file("sys/fs/cgroup/memory.stat", "anon 1\ninactive_file 500000000\nactive_file 100000000\n");
    assertEquals(OptionalLong.of(1073741824 - 300_000_000), free());
    file("sys/fs/cgroup/memory.current", "2000000000\n");
    assertEquals(OptionalLong.of(0), free());
  }

  @Test
  void theTightestOfAllGroupsAroundCounts() throws IOException {
    machine();
    file("proc/self/cgroup", "0::/a/b\n");
    for (String group : new String[] {"a/b", "a"}) {
      file("sys/fs/cgroup/" + group + "/memory.current", "1000\n");
    }
    file("sys/fs/cgroup/a/b/memory.max", "max\n");
    file("sys/fs/cgroup/a/memory.max", "5000\n");
    assertEquals(OptionalLong.of(4000), free());
    file("sys/fs/cgroup/a/b/memory.max", "3000\n");
    assertEquals(OptionalLong.of(2000), free());
  }

  @Test
  void thisMachineTells() {
    assertTrue(FreeMemory.ofThisProcess().bytes().orElseThrow() > 1 << 20);
  }
}
