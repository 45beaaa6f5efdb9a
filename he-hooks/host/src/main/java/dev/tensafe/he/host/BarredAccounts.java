package dev.tensafe.he.host;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AppendedFile;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts whose model hosts were caught cheating: a line of JSON for each in a file, until an
 * operator removes it and starts the adapter host again. Thread-safe.
 *
 * <pre>
 * {"account": ACCOUNT, "time": TIME, "reason": REASON}
 * </pre>
 */
public final class BarredAccounts {
  private static final Logger LOG = LoggerFactory.getLogger(BarredAccounts.class);

  private final @Nullable Path file;
  private final InstantSource clock;
  private final Set<String> accounts = ConcurrentHashMap.newKeySet();

  private BarredAccounts(@Nullable Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /** Nobody, and whoever is barred only in this process. */
  public static BarredAccounts inMemory() {
    return new BarredAccounts(null, InstantSource.system());
  }

  /**
   * Those that a file holds. A last line that a crash has left torn is dropped, with a warning.
   *
   * @param file need not exist
   * @throws HeException {@code he.storage} if it cannot be understood
   */
  public static BarredAccounts open(Path file, InstantSource clock) {
    BarredAccounts barred = new BarredAccounts(file, clock);
    try {
      long torn = AppendedFile.dropTorn(file, Json::isObject);
      if (torn > 0) {
        LOG.warn("{}: dropped the last line, of which a crash has left {} bytes", file, torn);
      }
      if (Files.exists(file)) {
        int number = 0;
        for (String line : Files.readAllLines(file)) {
          number++;
          if (!line.isBlank()) {
            barred.accounts.add(account(line, file + ", line " + number));
          }
        }
      }
    } catch (IOException e) {
      throw new HeException(Reason.STORAGE, "cannot read " + file, e);
    }
    return barred;
  }

  private static String account(String line, String where) {
    try {
      String account = Json.parseObject(line.getBytes(UTF_8), where, "he").path("account").asText();
      if (!account.isEmpty()) {
        return account;
      }
    } catch (FormatException e) {
      throw new HeException(Reason.STORAGE, where + " names no account", e);
    }
    throw new HeException(Reason.STORAGE, where + " names no account");
  }

  boolean contains(String account) {
    return accounts.contains(account);
  }

  /** The number of accounts. */
  public int count() {
    return accounts.size();
  }

  /** Bars an account; that is on disk when this returns. */
  void add(String account, String reason) {
    if (!accounts.add(account)) {
      return;
    }
    LOG.error("the account '{}' is barred: {}", account, reason);
    Path to = file;
    if (to != null) {
      ObjectNode line =
          JsonNodeFactory.instance
              .objectNode()
              .put("account", account)
              .put("time", clock.instant().toString())
              .put("reason", reason);
      try {
        append(to, line.toString());
      } catch (IOException e) {
        LOG.error(
            "the account '{}' is barred until the next start only: {}", account, e.toString());
      }
    }
  }

  private synchronized void append(Path file, String line) throws IOException {
    AppendedFile.appendDurably(file, line);
  }
}
