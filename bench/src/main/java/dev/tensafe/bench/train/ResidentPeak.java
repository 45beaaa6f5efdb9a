package dev.tensafe.bench.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The most memory that the process has from a moment on; of Linux (proc(5), clear_refs). */
final class ResidentPeak {
  private final double before;

  private ResidentPeak(double before) {
    this.before = before;
  }

  static ResidentPeak begin() {
    System.gc();
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      return new ResidentPeak(Double.NaN);
    }
    return new ResidentPeak(mib("VmRSS:"));
  }

  double addedMib() {
    return mib("VmHWM:") - before;
  }

  private static double mib(String field) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith(field))
          .mapToDouble(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024.0)
          .findFirst()
          .orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }
}
