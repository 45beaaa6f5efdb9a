package dev.tensafe.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The description of the machine that a table of figures was measured on. */
public final class Machine {
  private Machine() {}

  /** The processor's model name, or the architecture where the system does not tell. */
  public static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  public static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }
}
