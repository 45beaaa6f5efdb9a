package dev.tensafe.cli.top;

import java.io.PrintWriter;
import java.util.List;

/**
 * A screen of a terminal that is drawn again and again; what was there before is back when it is
 * closed, or when the process ends by a signal.
 */
final class TopDisplay implements AutoCloseable {
  /** The other screen, without a cursor; what is too long is not wrapped. */
  private static final String BEGIN = "\033[?1049h\033[?25l\033[?7l";

  private static final String END = "\033[?7h\033[?25h\033[?1049l";
  private static final String HOME = "\033[H";
  private static final String END_OF_LINE = "\033[K\n";
  private static final String END_OF_SCREEN = "\033[K\033[J";

  private final PrintWriter out;
  private final Thread atExit;
  private boolean closed;

  TopDisplay(PrintWriter out) {
    this.out = out;
    this.atExit = new Thread(this::restore, "top-restore");
    Runtime.getRuntime().addShutdownHook(atExit);
    out.print(BEGIN);
    out.flush();
  }

  /** Draws lines from the top, as many as fit. */
  synchronized void draw(List<String> lines) {
    if (!closed) {
      out.print(HOME + String.join(END_OF_LINE, lines) + END_OF_SCREEN);
      out.flush();
    }
  }

  private synchronized void restore() {
    if (!closed) {
      closed = true;
      out.print(END);
      out.flush();
    }
  }

  @Override
  public void close() {
    restore();
    try {
      boolean unusedWas = Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // the process ends already
    }
  }
}
