package dev.tensafe.tuning.queue;

import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.time.Duration;
import java.time.InstantSource;

/** The sessions of callers: what models are made in. Thread-safe. */
public final class SessionTable {
  private final Database database;
  private final InstantSource clock;
  private final JobLimits limits;

  SessionTable(Database database, InstantSource clock, JobLimits limits) {
    this.database = database;
    this.clock = clock;
    this.limits = limits;
  }

  /** Begins a session. */
  public String create(String tenant) {
    long open = database.number("select count(*) from session where tenant = ?", tenant);
    if (open >= limits.sessions()) {
      throw new TuningException(
          Kind.QUOTA,
          "tuning.too_many_sessions",
          "there are " + open + " sessions of this API key; " + limits.sessions() + " may be");
    }
    String id = JobQueue.id("session");
    database.update(
        "insert into session values (?, ?, ?, ?)", id, tenant, clock.millis(), clock.millis());
    return id;
  }

  /**
   * Notes that a session is alive.
   *
   * @throws TuningException {@code tuning.no_session}
   */
  public void heard(String session, String tenant) {
    int changed =
        database.update(
            "update session set heard = ? where id = ? and tenant = ?",
            clock.millis(),
            session,
            tenant);
    if (changed == 0) {
      throw new TuningException(
          Kind.NOT_FOUND, "tuning.no_session", "there is no such session of this API key");
    }
  }

  /** Ends sessions that were not heard of for long and have no active model. */
  public int drop(Duration silence) {
    return database.update(
        "delete from session where heard < ? and not exists"
            + " (select 1 from model where model.session = session.id and model.active = 1)",
        clock.millis() - silence.toMillis());
  }
}
