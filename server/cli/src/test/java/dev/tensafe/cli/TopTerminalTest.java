package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tensafe top} in a terminal, which script of util-linux makes. */
class TopTerminalTest {
  private static final String HOME = "\033[H";
  private static final String END = "\033[?7h\033[?25h\033[?1049l";

  @TempDir Path dir;
  private final StringBuilder seen = new StringBuilder();

  /** Reads until the text has what is wanted behind a place; returns where that ends. */
  private int await(Reader in, int from, String wanted) throws IOException {
    char[] buffer = new char[4096];
    while (seen.indexOf(wanted, from) < 0) {
      int count = in.read(buffer);
      assertTrue(count > 0, "'" + wanted.replace("\033", "ESC") + "' does not come in " + seen);
      seen.append(buffer, 0, count);
    }
    return seen.indexOf(wanted, from) + wanted.length();
  }

  /** A frame as a terminal shows it. */
  private List<String> frame(Reader in, int from) throws IOException {
    int begin = await(in, from, HOME);
    int end = await(in, begin, "\033[K\033[J");
    return Arrays.stream(seen.substring(begin, end).split("\r\n", -1))
        .map(line -> line.replaceAll("\033\\[[A-Z]", ""))
        .toList();
  }

  private static void fits(List<String> frame, int rows, int columns) {
    assertTrue(frame.size() <= rows, frame.size() + " lines: " + frame);
    frame.forEach(line -> assertTrue(line.length() < columns, line));
    assertTrue(frame.get(0).startsWith("TenSafe "), frame.get(0));
  }

  @Test
  void itFitsTheTerminalAlsoAfterAChangeAndLeavesItAsItWas() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "needs script of util-linux");
    Path tty = dir.resolve("tty");
    try (ServeProcess server = ServeProcess.start(dir, Map.of())) {
      String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
      String top =
          java
              + " -XX:TieredStopAtLevel=1 -cp '"
              + System.getProperty("java.class.path")
              + "' "
              + Main.class.getName()
              + " top --interval-seconds 1 --url "
              + server.url;
      Path run =
          Files.writeString(
              dir.resolve("run.sh"),
              "trap : INT\ntty > "
                  + tty
                  + "\nstty rows 24 cols 80\n"
                  + top
                  + "\necho ended $?\nstty -a\n");
      ProcessBuilder builder =
          new ProcessBuilder("/usr/bin/script", "-q", "-c", "sh " + run, "/dev/null");
      builder.environment().keySet().removeIf(name -> name.startsWith("TENSAFE_"));
      builder.environment().put("TERM", "xterm");
      builder.environment().put("LC_ALL", "C.UTF-8");
      Process terminal = builder.redirectErrorStream(true).start();
      try (Reader in = terminal.inputReader(StandardCharsets.UTF_8)) {
        await(in, 0, "\033[?1049h");
        List<String> first = frame(in, 0);
        fits(first, 24, 80);
        assertTrue(first.stream().anyMatch(l -> l.startsWith("REQUEST ")), first.toString());
        assertTrue(first.stream().anyMatch(l -> l.endsWith(" AGE")), first.toString());
        String device = Files.readString(tty).strip();
        Process smaller =
            new ProcessBuilder("stty", "-F", device, "rows", "6", "cols", "40").start();
        assertEquals(0, smaller.waitFor());
        // the one that is being drawn may still be of the old size
        int from = seen.length();
        List<String> second = frame(in, from);
        if (second.size() > 6) {
          second = frame(in, seen.length());
        }
        fits(second, 6, 40);
        assertTrue(second.get(5).endsWith("more lines"), second.toString());
        terminal.getOutputStream().write(3);
        terminal.getOutputStream().flush();
        int ended = await(in, from, "ended ");
        assertTrue(seen.indexOf(END) > 0 && seen.indexOf(END) < ended, "the terminal is back");
        await(in, ended, "icanon");
        await(in, ended, " echo ");
      } finally {
        terminal.destroy();
        assertTrue(terminal.waitFor(30, TimeUnit.SECONDS));
      }
    }
  }
}
