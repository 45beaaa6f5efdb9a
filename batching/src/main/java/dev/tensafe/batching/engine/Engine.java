package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.EngineException;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continuous batching on a thread of its own. Callers submit and cancel from any thread; everything
 * else happens on the engine's thread, between steps. A cancellation takes effect, and its blocks
 * are free, before the next step.
 *
 * <p>Its life is <em>new</em> (nobody runs it), <em>started</em> (handed to a runner), <em>looping
 * </em> (a thread runs it), <em>ended</em>. It takes submissions in all but the last; they wait
 * until it loops. {@link #close} ends it, and so does an error of its thread. Whoever leads to
 * <em>ended</em> closes the {@link CommandInbox} and ends what was accepted: the looping thread, or
 * the closing one where none loops. So every accepted output has exactly one end.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private enum Phase {
    NEW,
    STARTED,
    LOOPING,
    ENDED
  }

  private final SubmissionCheck check;
  private final EngineConfig config;
  private final Ticker ticker;
  private final EngineCore core;
  private final CommandInbox inbox = new CommandInbox();
  private final AcceptedOutputs outputs;
  private final AtomicLong nextId = new AtomicLong(1);
  private final AdmissionQueue queue;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Thread owner;
  private volatile EngineStatus status;
  private volatile boolean stopping;

  /**
   * Makes an engine; {@link #start} runs it.
   *
   * @param executor used only on the engine's thread from then on; not closed
   * @param hooks called in every step
   */
  public Engine(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker) {
    this.config = requireNonNull(config, "config is null");
    this.ticker = requireNonNull(ticker, "ticker is null");
    this.check = new SubmissionCheck(executor.config().vocabSize(), config.maxSequenceLength());
    this.queue = new AdmissionQueue(config.maxQueuedTokens());
    this.core =
        new EngineCore(
            config,
            executor,
            hooks,
            tokenizer,
            ticker,
            s -> queue.left(s.request.flow(), s.promptLength()));
    this.outputs = new AcceptedOutputs(core.errors());
    this.status = core.status();
  }

  /** Adds one that hears of every step from now on. */
  public void addStepListener(StepListener listener) {
    core.addListener(requireNonNull(listener, "listener is null"));
  }

  /** Runs the engine on a thread of its own. */
  public void start() {
    start(task -> new Thread(task, "engine").start());
  }

  /**
   * Runs the engine on a thread of the caller's choice, which it keeps until {@link #close}. Best
   * is the thread that loaded the executor: compute libraries keep a pool of workers per calling
   * thread.
   *
   * @throws IllegalStateException when it was started or closed before
   * @throws java.util.concurrent.RejectedExecutionException when the runner refuses; another may
   *     then be tried
   */
  public void start(Executor runner) {
    if (!phase.compareAndSet(Phase.NEW, Phase.STARTED)) {
      throw new IllegalStateException("the engine is " + phase.get() + "; it starts once");
    }
    try {
      runner.execute(this::loop);
    } catch (RuntimeException | Error e) {
      phase.compareAndSet(Phase.STARTED, Phase.NEW);
      throw e;
    }
  }

  /** A request with the receiver of its output. */
  public record Submission(GenerationRequest request, GenerationListener listener) {
    public Submission {
      requireNonNull(request, "request is null");
      requireNonNull(listener, "listener is null");
    }
  }

  /** Cancels what was submitted together. */
  @FunctionalInterface
  public interface Handle {
    /** Ends unfinished outputs; their listeners get an {@code engine.cancelled} failure. */
    void cancel();
  }

  /** Most tokens of prompt and output together. */
  public int maxSequenceLength() {
    return config.maxSequenceLength();
  }

  /** Outputs that run in one step at most. */
  public int maxRunning() {
    return config.scheduler().maxRunning();
  }

  /** State after the latest step. */
  public EngineStatus status() {
    return status;
  }

  /** Prompt tokens that wait for their first step. */
  public long queuedTokens() {
    return queue.tokens();
  }

  /** Outputs submitted and not yet ended. */
  public long active() {
    return outputs.count();
  }

  /**
   * Submits outputs, all or none.
   *
   * @param submissions at least one
   * @param afterLast runs once, when the last of them has ended, before its listener hears of it;
   *     on the thread that calls the listeners; never if this throws
   * @throws EngineException {@code engine.queue_full}, {@code engine.request_too_large}, {@code
   *     engine.unknown_token} or {@code engine.stopping}
   */
  public Handle submit(List<Submission> submissions, Runnable afterLast) {
    requireNonNull(afterLast, "afterLast is null");
    List<GenerationRequest> requests = submissions.stream().map(Submission::request).toList();
    check.check(requests);
    if (stopping) {
      throw stoppingError();
    }
    queue.enter(requests);
    long now = ticker.nanos();
    List<Long> ids = requests.stream().map(r -> nextId.getAndIncrement()).toList();
    List<AcceptedOutput> accepted =
        outputs.accept(ids, submissions.stream().map(Submission::listener).toList(), afterLast);
    if (!inbox.offer(() -> add(ids, requests, accepted, now))) {
      outputs.refuse(ids);
      requests.forEach(r -> queue.left(r.flow(), r.promptTokens().length));
      throw stoppingError();
    }
    // an inbox that is closed has ended them
    return () -> inbox.offer(() -> cancel(ids));
  }

  private void add(
      List<Long> ids, List<GenerationRequest> requests, List<AcceptedOutput> outputs, long now) {
    for (int i = 0; i < ids.size(); i++) {
      long timeout = requests.get(i).timeoutNanos();
      // 0 means no deadline, so a deadline of exactly 0 moves by a nanosecond
      long deadline = timeout == 0 ? 0 : now + timeout == 0 ? 1 : now + timeout;
      core.add(ids.get(i), requests.get(i), outputs.get(i), deadline);
    }
  }

  private void cancel(List<Long> ids) {
    EngineException reason =
        new EngineException(
            EngineException.Kind.FAILED, "engine.cancelled", "the request was cancelled");
    ids.forEach(id -> core.fail(id, reason));
  }

  private static EngineException stoppingError() {
    return new EngineException(
        EngineException.Kind.STOPPING, "engine.stopping", "the server is stopping");
  }

  private void loop() {
    if (!phase.compareAndSet(Phase.STARTED, Phase.LOOPING)) {
      return; // closed before the runner came to it
    }
    owner = Thread.currentThread();
    try {
      while (!stopping) {
        inbox.take(!core.hasWork()).forEach(Runnable::run);
        core.step();
        status = core.status();
      }
    } catch (InterruptedException e) {
      LOG.info("engine interrupted");
    } catch (RuntimeException | Error e) {
      core.errors().report("the engine, which stops", e);
    } finally {
      phase.set(Phase.ENDED);
      end();
    }
  }

  /** Ends everything that was accepted; on the one thread that led to the end. */
  private void end() {
    owner = Thread.currentThread();
    stopping = true;
    try {
      for (Runnable late : inbox.close()) {
        late.run();
      }
      core.failAll(stoppingError());
    } catch (RuntimeException | Error e) {
      core.errors().report("the engine's end", e);
    } finally {
      outputs.failAll(stoppingError());
      status = core.status();
      ended.countDown();
    }
  }

  /** Whether the engine's thread runs and takes requests. */
  public boolean alive() {
    Phase now = phase.get();
    return !stopping && (now == Phase.STARTED || now == Phase.LOOPING);
  }

  /**
   * Stops after the current step; unfinished outputs fail with {@code engine.stopping}. Returns
   * when all have; called by a listener, at once.
   */
  @Override
  public void close() {
    stopping = true;
    inbox.wake();
    Phase was = phase.getAndUpdate(p -> p == Phase.LOOPING ? p : Phase.ENDED);
    if (was == Phase.NEW || was == Phase.STARTED) {
      end();
    } else if (Thread.currentThread() != owner) {
      awaitEnd();
    }
  }

  private void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
