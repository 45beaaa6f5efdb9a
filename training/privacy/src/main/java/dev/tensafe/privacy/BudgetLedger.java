package dev.tensafe.privacy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.formats.file.AppendedFile;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.privacy.PrivacyException.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was spent of each data set's privacy, durably. A step is recorded, on disk, before it may be
 * made; so a crash costs budget at most, and never gives any back. Nothing takes a record away:
 * models, checkpoints and restarts have no part in it.
 *
 * <p>One file for each data set, of lines that only grow, each with a digest of all before it (see
 * {@code BudgetRecord}). A part of a last line, which a crash leaves, was never answered, yet it
 * counts as one step of every kind that the record knows: the file does not say what cut it. Any
 * other damage makes the data set unusable until someone has looked at it. That the whole file was
 * replaced by an older copy cannot be seen in it, only by who keeps a {@link LedgerMark}: see
 * {@link #requireKnown}.
 *
 * <p>One process at a time has the directory. What is compared with a budget is epsilon by RDP
 * ({@link RdpAccountant}). Thread-safe; a charge waits for the disk, and for other charges to the
 * same data set.
 */
public final class BudgetLedger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BudgetLedger.class);
  private static final String SUFFIX = ".ledger";

  private final Path directory;
  private final InstantSource clock;
  private final ProcessLock lock;
  private final RdpAccountant accountant = new RdpAccountant();

  @GuardedBy("entries")
  private final Map<DataSetId, Entry> entries = new HashMap<>();

  @GuardedBy("entries")
  private boolean closed;

  /** One data set; its lock is held while its file is read or written. */
  private static final class Entry {
    /** Null until the file was read, and after a write that failed. */
    private @Nullable BudgetRecord record;
  }

  private BudgetLedger(Path directory, InstantSource clock, ProcessLock lock) {
    this.directory = directory;
    this.clock = clock;
    this.lock = lock;
  }

  /**
   * Opens the ledger of a directory.
   *
   * @param directory made if need be, in a directory that exists
   * @param clock for the times in the record, which nothing depends on
   * @throws PrivacyException {@code privacy.ledger_in_use}, {@code privacy.ledger_storage}
   */
  public static BudgetLedger open(Path directory, InstantSource clock) {
    requireNonNull(clock, "clock is null");
    try {
      if (!Files.isDirectory(requireNonNull(directory, "directory is null"))) {
        Files.createDirectory(directory);
      }
      ProcessLock lock =
          ProcessLock.tryAcquire(directory.resolve("lock"))
              .orElseThrow(
                  () ->
                      new PrivacyException(
                          Reason.IN_USE,
                          "the privacy ledger in "
                              + directory
                              + " is in use by another process; one may have it"));
      return new BudgetLedger(directory, clock, lock);
    } catch (IOException e) {
      throw storage("cannot open the privacy ledger in " + directory, e);
    }
  }

  private static PrivacyException storage(String what, IOException e) {
    return new PrivacyException(Reason.STORAGE, what + ": " + e.getMessage(), e);
  }

  /**
   * Records private steps that are about to be made; they are on disk when this returns.
   *
   * @param run whose steps they are; 1 to 200 characters
   * @param step most often one step
   * @return the place of the record, for checkpoints
   * @throws PrivacyException {@code privacy.budget_exhausted} if the data set's steps, with these,
   *     would spend more than the budget; {@code privacy.ledger_storage}, {@code
   *     privacy.ledger_malformed}, {@code privacy.ledger_closed}; nothing may be done then
   */
  public LedgerMark charge(
      DataSetId dataSet, String run, SampledGaussian step, PrivacyBudget budget) {
    DataSetId.requireText("run", run);
    return change(
        dataSet,
        record -> {
          requireWithin(budget, record, step, dataSet);
          List<ObjectNode> bodies = new ArrayList<>();
          int kind = record.kind(step);
          if (record.isNew(kind)) {
            if (kind >= BudgetRecord.MOST_KINDS) {
              throw PrivacyException.invalid(
                  "a data set has at most " + BudgetRecord.MOST_KINDS + " kinds of steps");
            }
            bodies.add(
                BudgetRecord.body()
                    .put("kind", kind)
                    .put("rate", step.rate())
                    .put("noise", step.noiseMultiplier()));
          }
          bodies.add(timed().put("run", run).put("kind", kind).put("steps", step.steps()));
          return bodies;
        });
  }

  private void requireWithin(
      PrivacyBudget budget, BudgetRecord record, SampledGaussian step, DataSetId dataSet) {
    double epsilon = accountant.epsilon(record.curveWith(step), budget.delta());
    if (!(epsilon <= budget.epsilon())) {
      throw new PrivacyException(
          Reason.EXHAUSTED,
          "the data set "
              + dataSet.name()
              + " has spent epsilon "
              + accountant.epsilon(record.curve(), budget.delta())
              + " of "
              + budget.epsilon()
              + " at delta "
              + budget.delta()
              + "; with the step it would be "
              + epsilon);
    }
  }

  /**
   * Records steps that nothing protects, such as those with seeded noise, before they are made.
   *
   * @param why such as {@code seeded}; 1 to 200 characters
   * @param steps at least 1
   * @throws PrivacyException as {@link #charge}, but for the budget, which they do not touch
   */
  public LedgerMark recordNotPrivate(DataSetId dataSet, String run, String why, long steps) {
    DataSetId.requireText("run", run);
    DataSetId.requireText("reason", why);
    if (steps < 1 || steps > SampledGaussian.MOST_STEPS) {
      throw PrivacyException.invalid(
          steps + " steps: there are from 1 to " + SampledGaussian.MOST_STEPS);
    }
    return change(
        dataSet,
        record -> List.of(timed().put("run", run).put("notPrivate", why).put("steps", steps)));
  }

  private ObjectNode timed() {
    return BudgetRecord.body().put("time", clock.instant().toString());
  }

  /**
   * What was spent of a data set; nothing of one that was never charged.
   *
   * @throws PrivacyException {@code privacy.invalid}, {@code privacy.ledger_malformed}, {@code
   *     privacy.ledger_storage}, {@code privacy.ledger_closed}
   */
  public SpentBudget spent(DataSetId dataSet, double delta) {
    Entry entry = entry(dataSet);
    synchronized (entry) {
      BudgetRecord record = record(dataSet, entry);
      return new SpentBudget(
          markOf(record),
          delta,
          accountant.epsilon(record.curve(), delta),
          record.events(),
          record.runs(),
          record.notPrivate());
    }
  }

  /** The place of a data set's last record; number 0 and zeros where there is none. */
  public LedgerMark mark(DataSetId dataSet) {
    Entry entry = entry(dataSet);
    synchronized (entry) {
      return markOf(record(dataSet, entry));
    }
  }

  private static LedgerMark markOf(BudgetRecord record) {
    return record.isEmpty() ? new LedgerMark(0, "0".repeat(64)) : record.mark();
  }

  /**
   * Makes sure that a mark lies in the history of a data set, at its end or before. Where it does
   * not, an older copy of the ledger was put back, or the mark is of another ledger: what was spent
   * since is unknown, and nothing may be spent.
   *
   * @return how many lines were recorded after it
   * @throws PrivacyException {@code privacy.ledger_stale}, and as {@link #spent}
   */
  public long requireKnown(DataSetId dataSet, LedgerMark mark) {
    Entry entry = entry(dataSet);
    synchronized (entry) {
      LedgerMark last = markOf(record(dataSet, entry));
      if (mark.equals(last) || isIn(dataSet, mark, last)) {
        return last.sequence() - mark.sequence();
      }
      throw new PrivacyException(
          Reason.STALE,
          "the record of the data set "
              + dataSet.name()
              + " ends at "
              + last.sequence()
              + " and does not know the place "
              + mark.sequence()
              + " that is referred to: it is an older copy, or of another ledger");
    }
  }

  private boolean isIn(DataSetId dataSet, LedgerMark mark, LedgerMark last) {
    if (mark.sequence() == 0 && mark.digest().equals("0".repeat(64))) {
      return true;
    }
    if (mark.sequence() >= last.sequence()) {
      return false;
    }
    try (BufferedReader lines = Files.newBufferedReader(file(dataSet), UTF_8)) {
      String line = lines.readLine();
      for (long n = 0; n < mark.sequence() && line != null; n++) {
        line = lines.readLine();
      }
      return line != null && line.startsWith(mark.digest() + " ");
    } catch (IOException e) {
      throw storage("cannot read the privacy ledger in " + directory, e);
    }
  }

  /**
   * The data sets that anything was recorded of, in no order. Damaged files are left out, and
   * logged.
   *
   * @throws PrivacyException {@code privacy.ledger_storage}, {@code privacy.ledger_closed}
   */
  public List<DataSetId> dataSets() {
    requireOpen();
    List<DataSetId> all = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        try (BufferedReader lines = Files.newBufferedReader(file, UTF_8)) {
          String line = lines.readLine();
          JsonNode header =
              new ObjectMapper()
                  .readTree(line == null ? "" : line.substring(line.indexOf(' ') + 1));
          all.add(new DataSetId(header.path("tenant").asText(), header.path("dataSet").asText()));
        } catch (IOException | PrivacyException e) {
          LOG.warn("{} is no record of a data set's privacy", file.getFileName());
        }
      }
    } catch (IOException e) {
      throw storage("cannot read the privacy ledger in " + directory, e);
    }
    return all;
  }

  /** What is to be recorded next, given what was. */
  @FunctionalInterface
  private interface Change {
    List<ObjectNode> bodies(BudgetRecord record);
  }

  private LedgerMark change(DataSetId dataSet, Change change) {
    Entry entry = entry(dataSet);
    synchronized (entry) {
      BudgetRecord record = record(dataSet, entry);
      List<ObjectNode> bodies = new ArrayList<>();
      boolean first = record.isEmpty();
      if (first) {
        bodies.add(
            BudgetRecord.body()
                .put("format", BudgetRecord.FORMAT)
                .put("tenant", dataSet.tenant())
                .put("dataSet", dataSet.name()));
      }
      bodies.addAll(change.bodies(record));
      List<BudgetRecord.Line> lines = record.lines(bodies);
      String text = lines.stream().map(BudgetRecord.Line::text).collect(Collectors.joining("\n"));
      entry.record = null;
      try {
        if (first) {
          AtomicFile.write(file(dataSet), (text + "\n").getBytes(UTF_8));
        } else {
          AppendedFile.appendDurably(file(dataSet), text);
        }
      } catch (IOException e) {
        // What is on disk now is read again before the next change.
        throw storage("the step cannot be recorded, and must not be made", e);
      }
      lines.forEach(line -> record.read(line.text(), dataSet));
      entry.record = record;
      return record.mark();
    }
  }

  private Entry entry(DataSetId dataSet) {
    requireNonNull(dataSet, "dataSet is null");
    synchronized (entries) {
      requireOpen();
      return entries.computeIfAbsent(dataSet, id -> new Entry());
    }
  }

  private void requireOpen() {
    synchronized (entries) {
      if (closed) {
        throw new PrivacyException(Reason.CLOSED, "the privacy ledger is closed");
      }
    }
  }

  private BudgetRecord record(DataSetId dataSet, Entry entry) {
    requireOpen();
    BudgetRecord record = entry.record;
    if (record == null) {
      try {
        record = load(dataSet);
      } catch (IOException e) {
        throw storage("cannot read the privacy ledger in " + directory, e);
      } catch (PrivacyException e) {
        throw new PrivacyException(
            e.reason(),
            file(dataSet) + ", of the data set " + dataSet.name() + ": " + e.description(),
            e);
      }
      entry.record = record;
    }
    return record;
  }

  private BudgetRecord load(DataSetId dataSet) throws IOException {
    Path file = file(dataSet);
    AtomicFile.deleteLeftovers(file);
    BudgetRecord record = new BudgetRecord(accountant);
    if (Files.notExists(file)) {
      return record;
    }
    String text = Files.readString(file, ISO_8859_1);
    int at = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', at)) {
      record.read(utf8(text.substring(at, end)), dataSet);
      at = end + 1;
    }
    String rest = utf8(text.substring(at));
    if (record.isEmpty() && !record.isNext(rest)) {
      throw new PrivacyException(Reason.MALFORMED, "there is no whole line");
    }
    if (record.isNext(rest)) {
      record.read(rest, dataSet);
    } else if (at < text.length()) {
      settleTorn(dataSet, record, text, at);
    }
    return record;
  }

  private static String utf8(String bytes) {
    return new String(bytes.getBytes(ISO_8859_1), UTF_8);
  }

  private void settleTorn(DataSetId dataSet, BudgetRecord record, String text, int whole)
      throws IOException {
    int bytes = text.length() - whole;
    BudgetRecord.Line line = record.lines(List.of(timed().put("torn", bytes))).get(0);
    String settled = utf8(text.substring(0, whole)) + line.text() + "\n";
    AtomicFile.write(file(dataSet), settled.getBytes(UTF_8));
    record.read(line.text(), dataSet);
    LOG.warn(
        "the last {} bytes of {} are a part of a line: they count as a step of every kind",
        bytes,
        file(dataSet).getFileName());
  }

  private Path file(DataSetId dataSet) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(dataSet.tenant().getBytes(UTF_8));
      sha.update((byte) 0);
      sha.update(dataSet.name().getBytes(UTF_8));
      return directory.resolve(HexFormat.of().formatHex(sha.digest()) + SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Lets another process have the ledger; a second time does nothing. */
  @Override
  public void close() {
    List<Entry> all;
    synchronized (entries) {
      if (closed) {
        return;
      }
      closed = true;
      all = List.copyOf(entries.values());
    }
    for (Entry entry : all) {
      // A change that has begun ends before the lock is given back.
      synchronized (entry) {
        entry.record = null;
      }
    }
    lock.close();
  }
}
