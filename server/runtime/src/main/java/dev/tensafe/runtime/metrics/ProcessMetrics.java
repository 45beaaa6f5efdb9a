package dev.tensafe.runtime.metrics;

import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmInfoMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The process: {@code process_*} under the names of Prometheus' clients, {@code jvm_*} under those
 * of the library. Thread-safe.
 */
public final class ProcessMetrics implements AutoCloseable {
  private static final Path STATUS = Path.of("/proc/self/status");

  static final Family CPU =
      Family.counter(
          "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.");
  static final Family RESIDENT =
      Family.gauge("process_resident_memory_bytes", "Resident memory size in bytes.");
  static final Family VIRTUAL =
      Family.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.");
  static final Family START =
      Family.gauge(
          "process_start_time_seconds", "Start time of the process since unix epoch in seconds.");
  static final Family OPEN = Family.gauge("process_open_fds", "Number of open file descriptors.");
  static final Family MOST =
      Family.gauge("process_max_fds", "Maximum number of open file descriptors.");

  /** All that have a name here; those of {@code jvm_*} are the library's. */
  public static final List<Family> FAMILIES = List.of(CPU, RESIDENT, VIRTUAL, START, OPEN, MOST);

  private final JvmGcMetrics collections = new JvmGcMetrics();

  public ProcessMetrics(Families families) {
    var runtime = ManagementFactory.getRuntimeMXBean();
    families.gauge(START, runtime, r -> r.getStartTime() / 1000.0);
    families.gauge(RESIDENT, STATUS, status -> kilobytes(status, "VmRSS:") * 1024);
    families.gauge(VIRTUAL, STATUS, status -> kilobytes(status, "VmSize:") * 1024);
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      families.counter(CPU, unix, u -> u.getProcessCpuTime() / 1e9);
      families.gauge(OPEN, unix, UnixOperatingSystemMXBean::getOpenFileDescriptorCount);
      families.gauge(MOST, unix, UnixOperatingSystemMXBean::getMaxFileDescriptorCount);
    }
    collections.bindTo(families.registry());
    new JvmMemoryMetrics().bindTo(families.registry());
    new JvmThreadMetrics().bindTo(families.registry());
    new ClassLoaderMetrics().bindTo(families.registry());
    new JvmInfoMetrics().bindTo(families.registry());
  }

  /** A value of {@code /proc/self/status}; NaN where there is none. */
  static double kilobytes(Path status, String key) {
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith(key)) {
          return Double.parseDouble(line.substring(key.length()).replace("kB", "").trim());
        }
      }
    } catch (IOException | NumberFormatException e) {
      // what cannot be read has no value
    }
    return Double.NaN;
  }

  /** Stops to listen to the collector. */
  @Override
  public void close() {
    collections.close();
  }
}
