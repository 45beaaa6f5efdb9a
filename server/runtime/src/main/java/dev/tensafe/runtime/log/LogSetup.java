package dev.tensafe.runtime.log;

import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Sends all logging to standard error in one format. */
public final class LogSetup {
  // Held: java.util.logging forgets loggers nobody refers to.
  private static final Logger ROOT = Logger.getLogger("");
  private static final Logger DJL = Logger.getLogger("ai.djl");
  // It warns that there is no GPU, which this server does not use.
  private static final Logger CUDA = Logger.getLogger("ai.djl.util.cuda.CudaUtils");

  private LogSetup() {}

  /**
   * Replaces all handlers.
   *
   * @param json whether records are JSON objects, otherwise text
   */
  public static void apply(boolean json, Level level) {
    apply(json, level, TenantHash.random());
  }

  /**
   * Replaces all handlers.
   *
   * @param tenants how lines name tenants
   */
  public static void apply(boolean json, Level level, TenantHash tenants) {
    for (Handler handler : ROOT.getHandlers()) {
      ROOT.removeHandler(handler);
    }
    Formatter formatter = new LogFormatter(json, tenants);
    Handler handler = new ConsoleHandler();
    handler.setFormatter(formatter);
    // loggers decide, and levels of theirs may be changed
    handler.setLevel(Level.ALL);
    handler.setFilter(LogSetup::mayBeShown);
    ROOT.addHandler(handler);
    ROOT.setLevel(level);
    DJL.setLevel(Level.WARNING);
    CUDA.setLevel(Level.SEVERE);
  }

  /**
   * Whether a record may be written, whatever the levels are. What libraries say below {@code info}
   * quotes paths, headers and worse, and is nothing that an operator needs.
   */
  private static boolean mayBeShown(LogRecord entry) {
    return entry.getLevel().intValue() >= Level.INFO.intValue()
        || String.valueOf(entry.getLoggerName()).startsWith("dev.tensafe.");
  }
}
