package dev.tensafe.he.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.file.AtomicFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the tokens that adapters are evaluated for, by client and day, and refuses what goes
 * beyond a budget. A token passes every group of an adapter once, so what was used is the largest
 * count of any group. What is on disk is never less than what was answered: it is written ahead, so
 * a crash costs clients some tokens and owners none. Thread-safe.
 */
public final class TokenMeter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TokenMeter.class);
  private static final String FORMAT = "tensafe-he-usage/v1";
  private static final String ALL_TIME = "all";
  private static final long AHEAD = 4096;

  private final @Nullable Path file;
  private final @Nullable FileChannel lock;
  private final InstantSource clock;
  private final OptionalLong clientTokensPerDay;
  private final Map<Key, Account> accounts = new TreeMap<>();

  /**
   * The key of a counter.
   *
   * @param client empty for all together
   */
  private record Key(String period, String digest, String client) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byPeriod = period.compareTo(other.period);
      int byDigest = byPeriod != 0 ? byPeriod : digest.compareTo(other.digest);
      return byDigest != 0 ? byDigest : client.compareTo(other.client);
    }
  }

  private static final class Account {
    /** Used before this process. */
    long before;

    /** The count on disk. */
    long written;

    /** Since then, by group. */
    final Map<GroupId, Long> counts = new HashMap<>();

    long most;

    long used() {
      return before + most;
    }
  }

  private record Limited(Account account, OptionalLong limit) {}

  /**
   * Tokens of one client with one adapter.
   *
   * @param client as {@link dev.tensafe.he.transport.FrameChannel#peer} names it
   */
  public record Usage(String digest, String client, long tokens) {}

  private TokenMeter(
      @Nullable Path file,
      @Nullable FileChannel lock,
      InstantSource clock,
      OptionalLong clientTokensPerDay) {
    this.file = file;
    this.lock = lock;
    this.clock = clock;
    this.clientTokensPerDay = clientTokensPerDay;
  }

  /** Counts in memory and refuses nothing: for a host whose process meters elsewhere. */
  public static TokenMeter embedded(InstantSource clock) {
    return new TokenMeter(null, null, clock, OptionalLong.empty());
  }

  /**
   * Opens the record; one process at a time has it.
   *
   * @param clientTokensPerDay what one client may use of one adapter in a day (UTC)
   * @throws HeException {@code he.storage} if it cannot be understood, or another process has it
   */
  public static TokenMeter open(Path file, InstantSource clock, OptionalLong clientTokensPerDay) {
    FileChannel lock = lock(file.resolveSibling(file.getFileName() + ".lock"));
    try {
      TokenMeter meter = new TokenMeter(file, lock, clock, clientTokensPerDay);
      if (Files.exists(file)) {
        meter.read(file);
      }
      return meter;
    } catch (RuntimeException e) {
      unlock(lock);
      throw e;
    }
  }

  private static FileChannel lock(Path file) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // said below
    } catch (IOException e) {
      throw new HeException(Reason.STORAGE, "cannot use " + file, e);
    }
    unlock(channel);
    throw new HeException(Reason.STORAGE, file.getParent() + " is in use by another adapter host");
  }

  private static void unlock(@Nullable FileChannel lock) {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      // it ends with the process at the latest
    }
  }

  private void read(Path from) {
    try {
      JsonNode root = Json.readObject(from, "he");
      if (!root.path("format").asText().equals(FORMAT)) {
        throw new FormatException("he.usage", "it is not of the format " + FORMAT);
      }
      for (Map.Entry<String, JsonNode> period : root.path("used").properties()) {
        for (Map.Entry<String, JsonNode> digest : period.getValue().properties()) {
          for (Map.Entry<String, JsonNode> client : digest.getValue().properties()) {
            if (!client.getValue().isIntegralNumber() || client.getValue().longValue() < 0) {
              throw new FormatException("he.usage", "a count is no number");
            }
            Account account = account(new Key(period.getKey(), digest.getKey(), client.getKey()));
            account.before = client.getValue().longValue();
            account.written = account.before;
          }
        }
      }
    } catch (FormatException e) {
      throw new HeException(
          Reason.STORAGE, from + " cannot be understood; it is not taken for an empty one", e);
    }
  }

  private Account account(Key key) {
    return accounts.computeIfAbsent(key, k -> new Account());
  }

  /**
   * Counts tokens that are about to be evaluated; what is counted is on disk when this returns.
   *
   * @return why they may not be, or empty: then nothing is counted
   */
  synchronized Optional<Refusal> spend(
      HostedAdapter adapter, String client, GroupId group, int tokens) {
    List<Limited> all = new ArrayList<>();
    String digest = adapter.digest();
    all.add(
        new Limited(
            account(new Key(ALL_TIME, digest, "")),
            file == null ? OptionalLong.empty() : adapter.manifest().policy().maxTokensTotal()));
    all.add(new Limited(account(new Key(ALL_TIME, digest, client)), OptionalLong.empty()));
    if (clientTokensPerDay.isPresent()) {
      all.add(new Limited(account(new Key(today(), digest, client)), clientTokensPerDay));
    }
    for (Limited l : all) {
      long after =
          Math.max(
              l.account().used(),
              l.account().before + l.account().counts.getOrDefault(group, 0L) + tokens);
      if (l.limit().isPresent() && after > l.limit().getAsLong()) {
        return Optional.of(Refusal.BUDGET_EXHAUSTED);
      }
    }
    boolean ahead = true;
    List<Long> recorded = all.stream().map(l -> l.account().written).toList();
    for (Limited l : all) {
      Account a = l.account();
      a.most = Math.max(a.most, a.counts.merge(group, (long) tokens, Long::sum));
      if (a.used() > a.written) {
        long limit = l.limit().orElse(Long.MAX_VALUE);
        long margin = l.limit().isPresent() ? limit / 100 : AHEAD;
        a.written = Math.min(limit, a.used() + margin);
        ahead = false;
      }
    }
    if (!ahead && !write()) {
      for (int i = 0; i < recorded.size(); i++) {
        all.get(i).account().written = recorded.get(i);
      }
      return Optional.of(Refusal.STORAGE);
    }
    return Optional.empty();
  }

  private String today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
  }

  /** The tokens that every client has used since the record began. */
  public synchronized List<Usage> usage() {
    List<Usage> out = new ArrayList<>();
    accounts.forEach(
        (key, account) -> {
          if (key.period().equals(ALL_TIME) && !key.client().isEmpty()) {
            out.add(new Usage(key.digest(), key.client(), account.used()));
          }
        });
    return out;
  }

  private boolean write() {
    Path target = file;
    if (target == null) {
      return true;
    }
    String today = today();
    accounts
        .keySet()
        .removeIf(k -> !k.period().equals(ALL_TIME) && k.period().compareTo(today) < 0);
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("format", FORMAT);
    ObjectNode used = root.putObject("used");
    accounts.forEach(
        (key, account) ->
            used.withObjectProperty(key.period())
                .withObjectProperty(key.digest())
                .put(key.client(), account.written));
    try {
      AtomicFile.write(target, mapper.writeValueAsBytes(root));
      return true;
    } catch (IOException | TsspException e) {
      LOG.error("the use of adapters cannot be recorded: {}", e.toString());
      return false;
    }
  }

  /** Writes what was used, no more. */
  @Override
  public synchronized void close() {
    accounts.values().forEach(a -> a.written = a.used());
    if (!write()) {
      LOG.warn("the record says more than was used");
    }
    unlock(lock);
  }
}
