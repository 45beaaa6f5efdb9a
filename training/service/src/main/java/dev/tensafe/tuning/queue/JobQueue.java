package dev.tensafe.tuning.queue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The calls of all models, on disk. A call that was taken survives the process; the same call again
 * (the same model and sequence) is the same job; calls of a model run in their sequence, one at a
 * time. Commands and results are encrypted, and commands are kept until a snapshot of their model
 * holds their effect. Thread-safe.
 */
public final class JobQueue implements AutoCloseable {
  /** Begun so often without an end, a call is dead. */
  static final int MOST_ATTEMPTS = 3;

  /** How long a call waits for one before it that is missing. */
  static final Duration GAP = Duration.ofSeconds(5);

  /** How long a result is kept after it was fetched. */
  static final Duration AFTER_FETCH = Duration.ofMinutes(10);

  /** How long a result waits for being fetched. */
  static final Duration UNFETCHED = Duration.ofHours(24);

  private static final String SAMPLE = "asample";

  /** The place of the call that makes a model, before all that its caller counts. */
  private static final long CREATION = -1;

  private static final List<String> SCHEMA =
      List.of(
          "create table if not exists session ("
              + " id text primary key, tenant text not null, created integer not null,"
              + " heard integer not null)",
          "create table if not exists model ("
              + " id text primary key, session text not null, number integer not null,"
              + " tenant text not null, settings blob not null, digest blob not null,"
              + " snapshot integer not null default 0, created integer not null,"
              + " active integer not null default 1, unique (session, number))",
          "create table if not exists job ("
              + " id integer primary key autoincrement, request text not null unique,"
              + " tenant text not null, model text not null, sequence integer not null,"
              + " label text not null, digest blob not null, command blob, bytes integer not null,"
              + " state text not null, attempts integer not null default 0, result blob,"
              + " secret blob,"
              + " code text, problem text, user_fault integer not null default 0,"
              + " created integer not null, ended integer, fetched integer,"
              + " unique (model, sequence))",
          "create table if not exists published ("
              + " model text not null, name text not null, tenant text not null,"
              + " step integer not null, created integer not null, expires integer,"
              + " primary key (model, name))",
          "create index if not exists job_state on job (state)",
          "create index if not exists job_tenant on job (tenant, id)");

  private final ProcessLock lock;
  private final StoreCipher cipher;
  private final InstantSource clock;
  private final JobLimits limits;

  private final Database database;
  private final SessionTable sessions;
  private final PublishedTable published;

  private JobQueue(
      ProcessLock lock,
      Database database,
      StoreCipher cipher,
      InstantSource clock,
      JobLimits limits) {
    this.lock = lock;
    this.database = database;
    this.cipher = cipher;
    this.clock = clock;
    this.limits = limits;
    this.sessions = new SessionTable(database, clock, limits);
    this.published = new PublishedTable(database, clock);
  }

  /**
   * Opens the store; calls that ran when the process ended are queued again.
   *
   * @param directory made if need be
   * @throws TuningException {@code tuning.store}; {@code tuning.in_use} when another process has it
   */
  public static JobQueue open(
      Path directory, StoreCipher cipher, InstantSource clock, JobLimits limits) {
    try {
      Files.createDirectories(directory);
      ProcessLock lock =
          ProcessLock.tryAcquire(directory.resolve("calls.lock"))
              .orElseThrow(
                  () ->
                      new TuningException(
                          Kind.FAILED,
                          "tuning.in_use",
                          "another process uses the training store " + directory));
      try {
        Database database = Database.open(directory.resolve("calls.sqlite"), SCHEMA);
        JobQueue queue = new JobQueue(lock, database, cipher, clock, limits);
        queue.recover();
        return queue;
      } catch (RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new TuningException(Kind.FAILED, "tuning.store", "cannot use " + directory, e);
    }
  }

  private synchronized void recover() {
    database.update(
        "update job set state = 'dead', ended = ?, code = 'tuning.dead', problem = ?"
            + " where state = 'running' and attempts >= ?",
        now(),
        "the service ended " + MOST_ATTEMPTS + " times while it did this",
        MOST_ATTEMPTS);
    database.update("update job set state = 'queued' where state = 'running'");
  }

  private long now() {
    return clock.millis();
  }

  /** A name for something new. */
  static String id(String kind) {
    return kind + "-" + UUID.randomUUID();
  }

  public SessionTable sessions() {
    return sessions;
  }

  public PublishedTable published() {
    return published;
  }

  // models -----------------------------------------------------------------------------------

  /** A model and the call that makes it. */
  public record Made(String model, String requestId) {}

  /**
   * Takes down a new model and its first call; a second time, with the same settings, it is the
   * same model.
   *
   * @param number of the model within its session
   * @param settings JSON
   * @throws TuningException {@code tuning.no_session}, {@code tuning.too_many_models}, {@code
   *     tuning.conflict}
   */
  public synchronized Made createModel(
      String session, String tenant, long number, String settings, byte[] command) {
    sessions.heard(session, tenant);
    byte[] digest = sha256(settings.getBytes(UTF_8));
    Optional<Made> known =
        database.first(
            row -> {
              if (!Arrays.equals(row.getBytes("digest"), digest)) {
                throw conflict("model_seq_id " + number + " of this session");
              }
              return new Made(row.getString("id"), row.getString("request"));
            },
            "select model.id, model.digest, job.request from model join job"
                + " on job.model = model.id and job.sequence = -1"
                + " where model.session = ? and model.number = ?",
            session,
            number);
    if (known.isPresent()) {
      return known.get();
    }
    long mine =
        database.number("select count(*) from model where tenant = ? and active = 1", tenant);
    long all = database.number("select count(*) from model where active = 1");
    if (mine >= limits.modelsOfTenant() || all >= limits.models()) {
      throw new TuningException(
          Kind.QUOTA,
          "tuning.too_many_models",
          mine >= limits.modelsOfTenant()
              ? "this API key has " + mine + " models; unload one with unload_model"
              : "the service has no place for one more model now");
    }
    Made made = new Made(id("model"), id("call"));
    database.together(
        () -> {
          database.update(
              "insert into model (id, session, number, tenant, settings, digest, created)"
                  + " values (?, ?, ?, ?, ?, ?, ?)",
              made.model(),
              session,
              number,
              tenant,
              cipher.seal(made.model(), settings.getBytes(UTF_8)),
              digest,
              now());
          insert(
              made.requestId(), tenant, made.model(), CREATION, "create", command, sha256(command));
        });
    notifyAll();
    return made;
  }

  /** The active models. */
  public synchronized List<StoredModel> models() {
    return database.query(this::model, "select * from model where active = 1 order by created");
  }

  /** A tenant's models, unloaded ones too. */
  public synchronized List<StoredModel> models(String tenant) {
    return database.query(
        this::model, "select * from model where tenant = ? order by created", tenant);
  }

  /**
   * A model of a tenant.
   *
   * @throws TuningException {@code tuning.no_model} when there is none, or it is another tenant's
   */
  public synchronized StoredModel model(String model, String tenant) {
    return database
        .first(this::model, "select * from model where id = ? and tenant = ?", model, tenant)
        .orElseThrow(
            () ->
                new TuningException(
                    Kind.NOT_FOUND, "tuning.no_model", "there is no such model of this API key"));
  }

  private StoredModel model(ResultSet row) throws SQLException {
    String id = row.getString("id");
    return new StoredModel(
        id,
        row.getString("session"),
        row.getString("tenant"),
        new String(cipher.open(id, row.getBytes("settings")), UTF_8),
        row.getLong("snapshot"),
        row.getLong("created"),
        row.getBoolean("active"));
  }

  /** A model takes no calls any more; what waits is cancelled, and its commands are dropped. */
  public synchronized void retire(String model) {
    database.together(
        () -> {
          database.update("update model set active = 0 where id = ?", model);
          database.update(
              "update job set state = 'cancelled', ended = ?, code = 'tuning.cancelled',"
                  + " problem = 'the model was unloaded' where model = ? and state = 'queued'",
              now(),
              model);
          database.update("update job set command = null, secret = null where model = ?", model);
        });
  }

  /** A model's effect up to a call is on disk: commands up to it are needed no more. */
  public synchronized void snapshotTaken(String model, long job) {
    database.together(
        () -> {
          database.update("update model set snapshot = ? where id = ?", job, model);
          database.update(
              "update job set command = null, secret = null where model = ? and id <= ? and state in"
                  + " ('done', 'failed', 'cancelled', 'dead')",
              model,
              job);
        });
  }

  /** Calls of a model that were done after its snapshot, in the order they were done. */
  public synchronized List<Job> doneSince(String model, long job) {
    return database.query(
        this::job,
        "select * from job where model = ? and sequence > (select coalesce(max(sequence), -2) from"
            + " job where model = ? and id = ?) and state = 'done' order by sequence",
        model,
        model,
        job);
  }

  // calls ------------------------------------------------------------------------------------

  /**
   * Takes down a call. The same sequence and command again is the same call.
   *
   * @param sequence its place; absent for after all that are there
   * @return what its result is asked for by
   * @throws TuningException {@code tuning.no_model}, {@code tuning.unloaded}, {@code
   *     tuning.conflict}, {@code tuning.too_late}, {@code tuning.queue_full}
   */
  public synchronized String submit(
      String model, String tenant, OptionalLong sequence, String label, byte[] command) {
    StoredModel stored = model(model, tenant);
    byte[] digest = sha256(command);
    Optional<String> known = known(model, sequence, digest, "model");
    if (known.isPresent()) {
      return known.get();
    }
    if (!stored.active()) {
      throw new TuningException(
          Kind.CONFLICT,
          "tuning.unloaded",
          "the model is unloaded; make a new one from its weights");
    }
    long begun =
        database.number(
            "select coalesce(max(sequence), -1) from job where model = ? and state <> 'queued'",
            model);
    long last =
        database.number("select coalesce(max(sequence), 0) from job where model = ?", model);
    long place = sequence.orElse(last + 1);
    if (place <= begun) {
      throw new TuningException(
          Kind.CONFLICT,
          "tuning.too_late",
          "seq_id " + place + " comes after " + begun + " was done already");
    }
    requireRoom(tenant, command.length);
    String request = id("call");
    insert(request, tenant, model, place, label, command, digest);
    notifyAll();
    return request;
  }

  /** The request id of the same call, if it was taken before. */
  private Optional<String> known(String scope, OptionalLong sequence, byte[] digest, String what) {
    if (sequence.isEmpty()) {
      return Optional.empty();
    }
    return database.first(
        row -> {
          if (!Arrays.equals(row.getBytes("digest"), digest)) {
            throw conflict("seq_id " + sequence.getAsLong() + " of this " + what);
          }
          return row.getString("request");
        },
        "select request, digest from job where model = ? and sequence = ?",
        scope,
        sequence.getAsLong());
  }

  private synchronized void requireRoom(String tenant, int bytes) {
    long waiting =
        database.number(
            "select coalesce(sum(bytes), 0) from job where tenant = ? and state = 'queued'",
            tenant);
    if (waiting > 0 && waiting + bytes > limits.waitingBytesOfTenant()) {
      throw new TuningException(
          Kind.QUOTA,
          "tuning.queue_full",
          "calls of "
              + waiting
              + " bytes wait already; at most "
              + limits.waitingBytesOfTenant()
              + " may");
    }
  }

  private synchronized void insert(
      String request,
      String tenant,
      String model,
      long sequence,
      String label,
      byte[] command,
      byte[] digest) {
    database.update(
        "insert into job (request, tenant, model, sequence, label, digest, command, bytes, state,"
            + " created) values (?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)",
        request,
        tenant,
        model,
        sequence,
        label,
        digest,
        cipher.seal(request, command),
        command.length,
        now());
  }

  /**
   * Takes down a call that changes nothing and waits for no other: text to be sampled.
   *
   * @param scope what {@code sequence} counts in
   */
  public synchronized String submitSample(
      String scope, String tenant, OptionalLong sequence, byte[] command) {
    byte[] digest = sha256(command);
    Optional<String> known = known(scope, sequence, digest, "session");
    if (known.isPresent()) {
      return known.get();
    }
    requireRoom(tenant, command.length);
    long last =
        database.number("select coalesce(max(sequence), 0) from job where model = ?", scope);
    String request = id("call");
    insert(request, tenant, scope, sequence.orElse(last + 1), SAMPLE, command, digest);
    notifyAll();
    return request;
  }

  /** Samples that wait, oldest first; they count as begun from then on. */
  public synchronized List<Job> takeSamples(int most) {
    List<Job> waiting =
        database.query(
            this::job,
            "select * from job where state = 'queued' and label = ? order by id limit ?",
            SAMPLE,
            most);
    waiting.forEach(this::begun);
    return waiting;
  }

  /**
   * The next call of each model that may run now: the lowest in sequence, unless one before it is
   * missing and may still come.
   */
  public synchronized List<Job> runnable() {
    List<Job> out = new ArrayList<>();
    long patience = now() - GAP.toMillis();
    for (Job job :
        database.query(
            this::job,
            "select job.* from job join (select model, min(sequence) as lowest from job"
                + " where state = 'queued' and label <> ? group by model) as head"
                + " on job.model = head.model and job.sequence = head.lowest",
            SAMPLE)) {
      long before =
          database.number(
              "select coalesce(max(sequence), -2) from job where model = ? and sequence < ?",
              job.model(),
              job.sequence());
      long created = database.number("select created from job where id = ?", job.id());
      // callers count from 0 or from 1
      boolean first = before == CREATION && job.sequence() <= 1;
      boolean next = job.sequence() <= before + 1 || first;
      if (next || created <= patience) {
        out.add(job);
      }
    }
    return out;
  }

  /**
   * Waits until a call may have come.
   *
   * @throws InterruptedException when the thread is to end
   */
  @SuppressWarnings("WaitNotInLoop") // callers look again
  public synchronized void await(Duration most) throws InterruptedException {
    if (runnable().isEmpty()) {
      wait(Math.max(1, most.toMillis()));
    }
  }

  /** As {@link #await}, until a request for samples may have come. */
  @SuppressWarnings("WaitNotInLoop") // callers look again
  public synchronized void awaitSample(Duration most) throws InterruptedException {
    if (database.number("select count(*) from job where state = 'queued' and label = ?", SAMPLE)
        == 0) {
      wait(Math.max(1, most.toMillis()));
    }
  }

  /** Ends a wait, though nothing came. */
  public synchronized void wake() {
    notifyAll();
  }

  /** Notes that a call begins. */
  public synchronized void begun(Job job) {
    database.update(
        "update job set state = 'running', attempts = attempts + 1 where id = ?", job.id());
  }

  /**
   * Notes a call's result.
   *
   * @param result JSON
   */
  public synchronized void done(Job job, byte[] result) {
    database.update(
        "update job set state = 'done', ended = ?, result = ? where id = ?",
        now(),
        cipher.seal(job.requestId() + "/result", result),
        job.id());
    notifyAll();
  }

  /** A secret that a call goes by, which it is to find again should it be begun again. */
  public synchronized void keepSecret(Job job, byte[] secret) {
    database.update(
        "update job set secret = ? where id = ?",
        cipher.seal(job.requestId() + "/secret", secret),
        job.id());
  }

  /** What {@link #keepSecret} kept. */
  public synchronized Optional<byte[]> secret(Job job) {
    return database.first(
        row -> cipher.open(job.requestId() + "/secret", row.getBytes("secret")),
        "select secret from job where id = ? and secret is not null",
        job.id());
  }

  /** Notes a call's error. */
  public synchronized void failed(Job job, String code, String text, boolean userFault) {
    database.update(
        "update job set state = 'failed', ended = ?, code = ?, problem = ?, user_fault = ?"
            + " where id = ?",
        now(),
        code,
        text,
        userFault ? 1 : 0,
        job.id());
    notifyAll();
  }

  /**
   * Cancels a call that has not begun.
   *
   * @return whether it had not
   * @throws TuningException {@code tuning.gone}
   */
  public synchronized boolean cancel(String request, String tenant) {
    int changed =
        database.update(
            "update job set state = 'cancelled', ended = ?, code = 'tuning.cancelled',"
                + " problem = 'its caller cancelled it', user_fault = 1, command = null"
                + " where request = ? and tenant = ? and state = 'queued' and label <> 'create'",
            now(),
            request,
            tenant);
    if (changed == 0) {
      peek(request, tenant);
    }
    return changed > 0;
  }

  /**
   * What became of a call. A result that is taken is dropped some time later.
   *
   * @throws TuningException {@code tuning.gone} when there is none, any more, of this tenant
   */
  public synchronized Outcome fetch(String request, String tenant) {
    Outcome outcome = peek(request, tenant);
    if (outcome.state().ended()) {
      database.update(
          "update job set fetched = ? where request = ? and fetched is null", now(), request);
    }
    return outcome;
  }

  private Outcome peek(String request, String tenant) {
    return database
        .first(
            row -> {
              byte[] sealed = row.getBytes("result");
              JobState state = JobState.of(row.getString("state"));
              if (state == JobState.DONE && sealed == null) {
                throw gone();
              }
              return new Outcome(
                  state,
                  row.getString("label"),
                  sealed == null ? null : cipher.open(request + "/result", sealed),
                  row.getString("code"),
                  row.getString("problem"),
                  row.getBoolean("user_fault"));
            },
            "select * from job where request = ? and tenant = ?",
            request,
            tenant)
        .orElseThrow(JobQueue::gone);
  }

  private static TuningException gone() {
    return new TuningException(
        Kind.GONE, "tuning.gone", "there is no result of this request id; send the call again");
  }

  /** A tenant's calls, newest first. */
  public synchronized List<JobSummary> list(String tenant, @Nullable String state, int most) {
    return database.query(
        row ->
            new JobSummary(
                row.getString("request"),
                row.getString("model"),
                row.getLong("sequence"),
                row.getString("label"),
                JobState.of(row.getString("state")),
                row.getInt("attempts"),
                Instant.ofEpochMilli(row.getLong("created")),
                row.getString("code")),
        "select * from job where tenant = ? and (? is null or state = ?) order by id desc limit ?",
        tenant,
        state,
        state,
        most);
  }

  /** Calls in a state, of all tenants. */
  public synchronized long count(JobState state) {
    return database.number("select count(*) from job where state = ?", state.label());
  }

  /** Drops results that were fetched, or that nobody came for. */
  public synchronized int sweep() {
    return database.update(
        "update job set result = null where result is not null" + " and (fetched < ? or ended < ?)",
        now() - AFTER_FETCH.toMillis(),
        now() - UNFETCHED.toMillis());
  }

  private Job job(ResultSet row) throws SQLException {
    String request = row.getString("request");
    byte[] sealed = row.getBytes("command");
    if (sealed == null) {
      throw new TuningException(
          Kind.FAILED, "tuning.store", "a call that is needed was dropped from the store");
    }
    return new Job(
        row.getLong("id"),
        request,
        row.getString("tenant"),
        row.getString("model"),
        row.getLong("sequence"),
        row.getInt("attempts"),
        cipher.open(request, sealed));
  }

  private static TuningException conflict(String what) {
    return new TuningException(
        Kind.CONFLICT, "tuning.conflict", what + " was used for another call before");
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() {
    synchronized (this) {
      database.close();
      notifyAll();
    }
    lock.close();
  }
}
