package dev.tensafe.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.ledger.LedgerException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A ledger's JSON file, for one process at a time:
 *
 * <pre>
 * {"format": FORMAT, "used": {PERIOD: {SUBJECT: {HOLDER: TOKENS}}}}
 * </pre>
 *
 * PERIOD is {@value #ALL_TIME} or a day such as 2026-11-21. The lock is beside it, with the suffix
 * {@code .lock}. Whatever else the file holds is refused: it would be lost at the next write.
 */
final class LedgerFile implements LedgerStore {
  /** The largest count: JSON numbers are exact up to here, and two of them fit into a long. */
  static final long MAX_TOKENS = (1L << 53) - 1;

  private static final String ALL_TIME = "all";
  private static final String AREA = "ledger";

  private final Path file;
  private final String format;
  private final ProcessLock lock;

  private LedgerFile(Path file, String format, ProcessLock lock) {
    this.file = file;
    this.format = format;
    this.lock = lock;
  }

  /**
   * Takes a file's lock and removes what a crash in the middle of a write left.
   *
   * @param format what the file says it is
   * @throws LedgerException {@code ledger.in_use}, {@code ledger.storage}
   */
  static LedgerFile open(Path file, String format) {
    Optional<ProcessLock> lock;
    try {
      lock = ProcessLock.tryAcquire(file.resolveSibling(file.getFileName() + ".lock"));
    } catch (IOException e) {
      throw new LedgerException(Reason.STORAGE, "cannot lock " + file + ": " + e, e);
    }
    LedgerFile opened =
        new LedgerFile(
            file,
            format,
            lock.orElseThrow(
                () ->
                    new LedgerException(
                        Reason.IN_USE, file + " is in use by another process; one may have it")));
    try {
      AtomicFile.deleteLeftovers(file);
      return opened;
    } catch (IOException e) {
      opened.close();
      throw new LedgerException(Reason.STORAGE, "cannot use the directory of " + file, e);
    }
  }

  /**
   * What the file says; nothing where there is none.
   *
   * @throws LedgerException {@code ledger.malformed}, {@code ledger.storage}
   */
  Map<LedgerAccount, Long> read() {
    if (Files.notExists(file)) {
      return Map.of();
    }
    try {
      return counts(Json.readObject(file, AREA));
    } catch (FormatException e) {
      Reason reason = e.code().equals(AREA + ".unreadable") ? Reason.STORAGE : Reason.MALFORMED;
      throw new LedgerException(
          reason,
          file
              + " cannot be understood ("
              + e.description()
              + "); it is not taken for an empty one",
          e);
    }
  }

  private Map<LedgerAccount, Long> counts(JsonNode root) {
    for (Map.Entry<String, JsonNode> e : root.properties()) {
      if (!e.getKey().equals("format") && !e.getKey().equals("used")) {
        throw malformed("it has a key beside 'format' and 'used'");
      }
    }
    if (!root.path("format").asText().equals(format)) {
      throw malformed("it is not of the format " + format);
    }
    Map<LedgerAccount, Long> counts = new TreeMap<>();
    for (Map.Entry<String, JsonNode> period : object(root.path("used")).properties()) {
      Optional<LocalDate> day = day(period.getKey());
      for (Map.Entry<String, JsonNode> subject : object(period.getValue()).properties()) {
        for (Map.Entry<String, JsonNode> holder : object(subject.getValue()).properties()) {
          counts.put(
              new LedgerAccount(day, subject.getKey(), holder.getKey()), tokens(holder.getValue()));
        }
      }
    }
    return counts;
  }

  private static JsonNode object(JsonNode node) {
    if (!node.isObject()) {
      throw malformed("'used' is not made of three levels of objects");
    }
    return node;
  }

  private static Optional<LocalDate> day(String period) {
    try {
      return period.equals(ALL_TIME) ? Optional.empty() : Optional.of(LocalDate.parse(period));
    } catch (DateTimeException e) {
      throw malformed("a period is neither '" + ALL_TIME + "' nor a day such as 2026-11-21");
    }
  }

  private static long tokens(JsonNode node) {
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < 0
        || node.longValue() > MAX_TOKENS) {
      throw malformed("a count is no whole number from 0 to " + MAX_TOKENS);
    }
    return node.longValue();
  }

  private static FormatException malformed(String problem) {
    return new FormatException(AREA + ".malformed", problem);
  }

  @Override
  public void write(Map<LedgerAccount, Long> counts) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("format", format);
    ObjectNode used = root.putObject("used");
    counts.forEach(
        (account, tokens) ->
            used.withObjectProperty(account.day().map(LocalDate::toString).orElse(ALL_TIME))
                .withObjectProperty(account.subject())
                .put(account.holder(), tokens));
    AtomicFile.write(file, mapper.writeValueAsBytes(root));
  }

  @Override
  public void close() {
    lock.close();
  }
}
