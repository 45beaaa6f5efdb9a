package dev.tensafe.lora.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.Json;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.AdapterException.Reason;
import dev.tensafe.tssp.file.AtomicFile;
import dev.tensafe.tssp.manifest.Policy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Meters tokens against the budgets owners set: {@code max_tokens_total} and {@code
 * max_tokens_per_tenant_per_day} (UTC), per package. A request reserves the most it can use before
 * it is computed and settles what it did use. What is on disk, in {@code usage.json}, is never less
 * than what was reserved: it is written ahead, a hundredth of the limit at a time, so a crash can
 * cost the users that much and the owner nothing. Thread-safe.
 */
final class TokenBudgets {
  private static final String FORMAT = "tensafe-usage/v1";
  private static final String ALL_TIME = "all";

  private final Path file;
  private final InstantSource clock;
  private final Map<Key, Account> accounts = new TreeMap<>();

  /**
   * The key of a counter.
   *
   * @param period a day, or {@value #ALL_TIME}
   * @param tenant empty for all together, or without API keys
   */
  private record Key(String period, String digest, String tenant) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return (period + digest + tenant).compareTo(other.period + other.digest + other.tenant);
    }
  }

  private static final class Account {
    long used;
    long reserved;

    /** The count on disk. */
    long written;
  }

  private record Limit(Account account, long tokens) {}

  private TokenBudgets(Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Opens the record in a registry's directory.
   *
   * @throws AdapterException {@code adapter.storage} if it cannot be understood
   */
  static TokenBudgets open(Path directory, InstantSource clock) {
    TokenBudgets budgets = new TokenBudgets(directory.resolve("usage.json"), clock);
    if (Files.exists(budgets.file)) {
      budgets.read();
    }
    return budgets;
  }

  private void read() {
    try {
      JsonNode root = Json.readObject(file, "adapter");
      if (!root.path("format").asText().equals(FORMAT)) {
        throw new FormatException("adapter.usage", "it is not of the format " + FORMAT);
      }
      for (Map.Entry<String, JsonNode> period : root.path("used").properties()) {
        for (Map.Entry<String, JsonNode> digest : period.getValue().properties()) {
          for (Map.Entry<String, JsonNode> tenant : digest.getValue().properties()) {
            if (!tenant.getValue().isIntegralNumber() || tenant.getValue().longValue() < 0) {
              throw new FormatException("adapter.usage", "a count is no number");
            }
            Account account = account(period.getKey(), digest.getKey(), tenant.getKey());
            account.used = tenant.getValue().longValue();
            account.written = account.used;
          }
        }
      }
    } catch (FormatException e) {
      throw new AdapterException(
          Reason.STORAGE, file + " cannot be understood; it is not taken for an empty one", e);
    }
  }

  private Account account(String period, String digest, String tenant) {
    return accounts.computeIfAbsent(new Key(period, digest, tenant), k -> new Account());
  }

  /**
   * Reserves tokens for a request; may write a file.
   *
   * @param tokens the most it can use
   * @throws AdapterException {@code adapter.budget_exhausted}, {@code adapter.storage}
   */
  synchronized TokenReservation reserve(AdapterInfo info, String tenant, long tokens) {
    List<Limit> limits = limits(info, tenant);
    if (limits.isEmpty()) {
      return TokenReservation.UNLIMITED;
    }
    for (Limit limit : limits) {
      Account a = limit.account();
      long left = limit.tokens() - a.used - a.reserved;
      if (tokens > left) {
        throw new AdapterException(
            Reason.BUDGET_EXHAUSTED,
            "the owner of '"
                + info.name()
                + "' allows "
                + limit.tokens()
                + " tokens; this request may need "
                + tokens
                + " and "
                + Math.max(0, left)
                + " are left");
      }
    }
    boolean ahead = true;
    for (Limit limit : limits) {
      Account a = limit.account();
      a.reserved += tokens;
      if (a.used + a.reserved > a.written) {
        a.written = Math.min(limit.tokens(), a.used + a.reserved + limit.tokens() / 100);
        ahead = false;
      }
    }
    TokenReservation reservation = new TokenReservation(used -> settle(limits, tokens, used));
    if (!ahead) {
      try {
        write();
      } catch (RuntimeException e) {
        reservation.settle(0);
        throw e;
      }
    }
    return reservation;
  }

  private synchronized void settle(List<Limit> limits, long reserved, long used) {
    for (Limit limit : limits) {
      limit.account().reserved -= reserved;
      limit.account().used += Math.min(used, reserved);
    }
  }

  private List<Limit> limits(AdapterInfo info, String tenant) {
    Policy policy = info.manifest().policy();
    List<Limit> limits = new ArrayList<>();
    OptionalLong total = policy.maxTokensTotal();
    if (total.isPresent()) {
      limits.add(new Limit(account(ALL_TIME, info.digest(), ""), total.getAsLong()));
    }
    OptionalLong daily = policy.maxTokensPerTenantPerDay();
    if (daily.isPresent()) {
      limits.add(new Limit(account(today(), info.digest(), tenant), daily.getAsLong()));
    }
    return limits;
  }

  private String today() {
    return LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString();
  }

  private void write() {
    String today = today();
    // a day that is over counts no more, once nothing of it is under way
    accounts
        .entrySet()
        .removeIf(
            e ->
                !e.getKey().period().equals(ALL_TIME)
                    && e.getKey().period().compareTo(today) < 0
                    && e.getValue().reserved == 0);
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode().put("format", FORMAT);
    ObjectNode used = root.putObject("used");
    accounts.forEach(
        (key, account) ->
            used.withObjectProperty(key.period())
                .withObjectProperty(key.digest())
                .put(key.tenant(), account.written));
    try {
      AtomicFile.write(file, mapper.writeValueAsBytes(root));
    } catch (IOException | RuntimeException e) {
      throw new AdapterException(Reason.STORAGE, "the use of adapters cannot be recorded", e);
    }
  }
}
