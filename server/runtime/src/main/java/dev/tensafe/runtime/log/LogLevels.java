package dev.tensafe.runtime.log;

import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * Levels of packages and classes, from a file that is read again when that is asked for: a line
 * {@code NAME=LEVEL} each, {@code root} for all others. A file that cannot be used changes nothing.
 * Thread-safe.
 */
public final class LogLevels {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(LogLevels.class);
  private static final int MOST_BYTES = 16 * 1024;
  private static final int MOST_LINES = 200;
  private static final Pattern LINE =
      Pattern.compile("([A-Za-z_][A-Za-z0-9_.$]{0,199})\\s*=\\s*([A-Za-z]{1,10})");
  private static final Map<String, Level> LEVELS =
      Map.of(
          "off", Level.OFF,
          "error", Level.SEVERE,
          "warn", Level.WARNING,
          "info", Level.INFO,
          "debug", Level.FINE,
          "trace", Level.FINEST);

  private final Path file;
  private final Level root;

  /** Held: java.util.logging forgets loggers nobody refers to. With the level each had before. */
  private final Map<Logger, Level> changed = new HashMap<>();

  private LogLevels(Path file, Level root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads the file and sets what it says.
   *
   * @param root the level of what it does not name
   * @throws ConfigException {@code config.log-levels}
   */
  public static LogLevels of(Path file, Level root) {
    LogLevels levels = new LogLevels(file, root);
    levels.apply(levels.read());
    return levels;
  }

  /** Reads the file again; says in the log what came of it. */
  public void reload() {
    try {
      Map<String, Level> read = read();
      apply(read);
      LOG.info("levels of {} names are set", read.size());
    } catch (ConfigException e) {
      LOG.warn("levels stay as they are: {}", e.description());
    }
  }

  private synchronized void apply(Map<String, Level> levels) {
    // a level of null is that of the package around it
    changed.forEach(Logger::setLevel);
    changed.clear();
    Logger all = Logger.getLogger("");
    all.setLevel(root);
    levels.forEach(
        (name, level) -> {
          if (name.equals("root")) {
            all.setLevel(level);
          } else {
            Logger logger = Logger.getLogger(name);
            changed.put(logger, logger.getLevel());
            logger.setLevel(level);
          }
        });
  }

  private Map<String, Level> read() {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    } catch (IOException e) {
      throw bad("the file of log-levels cannot be read");
    }
    if (bytes.length > MOST_BYTES) {
      throw bad("the file of log-levels has more than " + MOST_BYTES + " bytes");
    }
    Map<String, Level> levels = new LinkedHashMap<>();
    int number = 0;
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      Matcher matcher = LINE.matcher(text);
      Level level =
          matcher.matches() ? LEVELS.get(matcher.group(2).toLowerCase(Locale.ROOT)) : null;
      if (level == null) {
        throw bad(
            "line "
                + number
                + " of log-levels is not NAME=LEVEL with off, error, warn, info, debug or trace");
      }
      levels.put(matcher.group(1), level);
      if (levels.size() > MOST_LINES) {
        throw bad("the file of log-levels names more than " + MOST_LINES);
      }
    }
    return levels;
  }

  private static ConfigException bad(String message) {
    return new ConfigException("config.log-levels", message);
  }
}
