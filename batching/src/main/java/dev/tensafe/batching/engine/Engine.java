package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.EngineException;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Continuous batching on a thread of its own. Callers submit and cancel from any thread; everything
 * else happens on the engine's thread, between steps. A cancellation takes effect, and its blocks
 * are free, before the next step.
 */
public final class Engine implements AutoCloseable {
  private final SubmissionCheck check;
  private final EngineConfig config;
  private final Ticker ticker;
  private final EngineCore core;
  private final AcceptedOutputs outputs;
  private final AtomicLong nextId = new AtomicLong(1);
  private final AdmissionQueue queue;
  private final EngineLife life;

  /** An engine that does not guess ahead. */
  public Engine(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker) {
    this(config, executor, hooks, tokenizer, ticker, Optional.empty());
  }

  /**
   * Makes an engine; {@link #start} runs it.
   *
   * @param executor used only on the engine's thread from then on; not closed
   * @param hooks called in every step
   * @param speculation how it guesses ahead, if it does; closed with the engine, or by its caller
   *     when this throws
   */
  public Engine(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker,
      Optional<Speculation> speculation) {
    this.config = requireNonNull(config, "config is null");
    this.ticker = requireNonNull(ticker, "ticker is null");
    this.check = new SubmissionCheck(executor.config().vocabSize(), config.maxSequenceLength());
    this.queue = new AdmissionQueue(config.maxQueuedTokens(), config.prefixes().on());
    this.core =
        new EngineCore(
            config,
            executor,
            hooks,
            tokenizer,
            ticker,
            speculation,
            s -> queue.left(s.request.flow(), s.queuedTokens()));
    this.outputs = new AcceptedOutputs(core.errors());
    this.life = new EngineLife(core, outputs);
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
    life.start(runner);
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

  /** Positions in a block of the cache. */
  public int blockSize() {
    return config.scheduler().blockSize();
  }

  /** Whether prompts that begin alike are computed once. */
  public boolean sharesPrefixes() {
    return config.prefixes().on();
  }

  /** State after the latest step. */
  public EngineStatus status() {
    return life.status();
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
    if (life.stopping()) {
      throw EngineLife.stoppingError();
    }
    int[] queued = queue.enter(requests);
    long now = ticker.nanos();
    List<Long> ids = requests.stream().map(r -> nextId.getAndIncrement()).toList();
    List<AcceptedOutput> accepted =
        outputs.accept(ids, submissions.stream().map(Submission::listener).toList(), afterLast);
    if (!life.offer(() -> add(ids, requests, accepted, queued, now))) {
      outputs.refuse(ids);
      for (int i = 0; i < queued.length; i++) {
        queue.left(requests.get(i).flow(), queued[i]);
      }
      throw EngineLife.stoppingError();
    }
    // an engine that has ended has ended them
    return () -> life.offer(() -> cancel(ids));
  }

  private void add(
      List<Long> ids,
      List<GenerationRequest> requests,
      List<AcceptedOutput> outputs,
      int[] queued,
      long now) {
    for (int i = 0; i < ids.size(); i++) {
      long timeout = requests.get(i).timeoutNanos();
      // 0 means no deadline, so a deadline of exactly 0 moves by a nanosecond
      long deadline = timeout == 0 ? 0 : now + timeout == 0 ? 1 : now + timeout;
      int shorter = core.add(ids.get(i), requests.get(i), outputs.get(i), deadline, queued[i]);
      queue.left(requests.get(i).flow(), shorter);
    }
  }

  private void cancel(List<Long> ids) {
    EngineException reason =
        new EngineException(
            EngineException.Kind.FAILED, "engine.cancelled", "the request was cancelled");
    ids.forEach(id -> core.abandon(id, reason));
  }

  /**
   * Keys and values computed with an adapter are not to be trusted: what is cached of them serves
   * nobody from the next step on, whether the adapter is used again or not. From any thread.
   *
   * @param digest of the adapter, as in {@link dev.tensafe.batching.cache.CacheScope}
   */
  public void distrustAdapter(String digest) {
    requireNonNull(digest, "digest is null");
    // an engine that has ended has nothing cached
    boolean unusedTaken = life.offer(() -> core.distrustAdapter(digest));
  }

  /** Whether the engine's thread runs and takes requests. */
  public boolean alive() {
    return life.alive();
  }

  /**
   * Stops after the current step; unfinished outputs fail with {@code engine.stopping}. Returns
   * when all have; called by a listener, at once.
   */
  @Override
  public void close() {
    life.close();
  }
}
