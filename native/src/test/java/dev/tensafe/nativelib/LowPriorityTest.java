package dev.tensafe.nativelib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

class LowPriorityTest {
  /** Field 19 of proc_pid_stat(5); the name, field 2, may hold spaces. */
  private static int nice() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[16]);
  }

  @Test
  void onlyTheCallingThreadStandsBack() throws Exception {
    int before = nice();
    ExecutorService other = Executors.newSingleThreadExecutor();
    try {
      assertTrue(other.submit(LowPriority::apply).get());
      assertEquals(Math.min(19, before + 10), other.submit(LowPriorityTest::nice).get());
      assertTrue(other.submit(LowPriority::apply).get(), "the highest stays");
      assertEquals(before, nice());
    } finally {
      other.shutdownNow();
    }
  }
}
