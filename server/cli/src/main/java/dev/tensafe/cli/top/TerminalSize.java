package dev.tensafe.cli.top;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How much a terminal shows. */
record TerminalSize(int rows, int columns) {
  /** Of a terminal that does not say. */
  static final TerminalSize USUAL = new TerminalSize(24, 80);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,4}) (\\d{1,4})\\s*");

  /** That of the terminal this process runs in, now. */
  static TerminalSize now() {
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(new File("/dev/tty"))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return of(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return USUAL;
    }
  }

  /** What stty says: rows and columns, both 0 where nobody knows. */
  static TerminalSize of(String said) {
    Matcher matcher = SIZE.matcher(said);
    if (!matcher.matches()) {
      return USUAL;
    }
    int rows = Integer.parseInt(matcher.group(1));
    int columns = Integer.parseInt(matcher.group(2));
    return rows == 0 || columns == 0 ? USUAL : new TerminalSize(rows, columns);
  }

  /** As much of the lines as it shows; the last column stays free, as many terminals wrap there. */
  List<String> fit(List<String> lines) {
    List<String> out = new ArrayList<>();
    boolean all = lines.size() <= rows;
    for (String line : all ? lines : lines.subList(0, rows - 1)) {
      out.add(line.length() < columns ? line : line.substring(0, columns - 1));
    }
    if (!all) {
      String more = "… " + (lines.size() - rows + 1) + " more lines";
      out.add(more.length() < columns ? more : "…");
    }
    return out;
  }
}
