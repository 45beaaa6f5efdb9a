package dev.tensafe.tuning.queue;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which weights can be sampled from. Thread-safe. */
public final class PublishedTable {
  private final Database database;
  private final InstantSource clock;

  PublishedTable(Database database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
  }

  /** Notes weights that were published; under a name that is there, in its place. */
  public void put(String tenant, String model, String name, long step, Optional<Long> ttlSeconds) {
    database.update(
        "insert or replace into published (model, name, tenant, step, created, expires)"
            + " values (?, ?, ?, ?, ?, ?)",
        model,
        name,
        tenant,
        step,
        clock.millis(),
        ttlSeconds.map(seconds -> clock.millis() + 1000 * seconds).orElse(null));
  }

  /** Forgets published weights. */
  public void remove(String model, String name) {
    database.update("delete from published where model = ? and name = ?", model, name);
  }

  /** A tenant's published weights, newest first; a model's, if one is named. */
  public List<Published> list(String tenant, @Nullable String model) {
    return database.query(
        row -> {
          long expires = row.getLong("expires");
          Optional<Instant> end =
              row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(expires));
          return new Published(
              row.getString("model"),
              row.getString("name"),
              row.getLong("step"),
              Instant.ofEpochMilli(row.getLong("created")),
              end);
        },
        "select * from published where tenant = ? and (? is null or model = ?)"
            + " order by created desc, name",
        tenant,
        model,
        model);
  }
}
