package dev.tensafe.runtime.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessMetricsTest {
  private static double value(String text, String name) {
    Matcher matcher = Pattern.compile("(?m)^" + name + " (\\S+)$").matcher(text);
    assertTrue(matcher.find(), name + " is not in\n" + text);
    return Double.parseDouble(matcher.group(1));
  }

  @Test
  void theProcessIsShownUnderTheUsualNames() {
    Families families = new Families();
    try (ProcessMetrics process = new ProcessMetrics(families)) {
      assertEquals(6, ProcessMetrics.FAMILIES.size(), process.toString());
      String text = Exposition.of(families.snapshots(), null).text();
      double resident = value(text, "process_resident_memory_bytes");
      assertTrue(resident > 1 << 20, resident + " bytes");
      assertTrue(value(text, "process_virtual_memory_bytes") > resident);
      assertTrue(value(text, "process_cpu_seconds_total") > 0);
      assertTrue(value(text, "process_open_fds") > 2);
      assertTrue(value(text, "process_max_fds") >= value(text, "process_open_fds"));
      double started = value(text, "process_start_time_seconds");
      assertTrue(started > 1.7e9 && started < 5e9, started + " s after 1970");
      assertTrue(text.contains("jvm_memory_used_bytes{area=\"heap\""), text);
      assertTrue(text.contains("jvm_threads_live_threads"), text);
    }
  }

  @Test
  void whatCannotBeReadHasNoValue(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("status");
    assertEquals(Double.NaN, ProcessMetrics.kilobytes(file, "VmRSS:"));
    Files.writeString(file, "Name: x\nVmRSS:\t   12 kB\nVmSize: lots\n");
    assertEquals(12, ProcessMetrics.kilobytes(file, "VmRSS:"));
    assertEquals(Double.NaN, ProcessMetrics.kilobytes(file, "VmSize:"));
    assertEquals(Double.NaN, ProcessMetrics.kilobytes(file, "VmSwap:"));
  }
}
