package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Continuous batching on a thread of its own. Callers submit and cancel from any thread; everything
 * else happens on the engine's thread, between steps. A cancellation takes effect, and its blocks
 * are free, before the next step.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);

  private final EngineConfig config;
  private final Ticker ticker;
  private final EngineCore core;
  private final LinkedBlockingQueue<Runnable> commands = new LinkedBlockingQueue<>();
  private final AtomicLong nextId = new AtomicLong(1);
  private final AdmissionQueue queue;
  private final AtomicLong active = new AtomicLong();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile boolean started;
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
    this.config = config;
    this.ticker = ticker;
    this.queue = new AdmissionQueue(config.maxQueuedTokens());
    this.core =
        new EngineCore(
            config,
            executor,
            hooks,
            tokenizer,
            ticker,
            s -> queue.left(s.request.flow(), s.promptLength()));
    this.status = core.status();
  }

  /** Runs the engine on a thread of its own. */
  public void start() {
    start(task -> new Thread(task, "engine").start());
  }

  /**
   * Runs the engine on a thread of the caller's choice, which it keeps until {@link #close}. Best
   * is the thread that loaded the executor: compute libraries keep a pool of workers per calling
   * thread.
   */
  public void start(Executor runner) {
    started = true;
    runner.execute(this::loop);
  }

  /** A request with the receiver of its output. */
  public record Submission(GenerationRequest request, GenerationListener listener) {}

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
    return active.get();
  }

  /**
   * Submits outputs of one flow, all or none.
   *
   * @param afterLast runs on the engine's thread when the last of them has ended, before its
   *     listener hears of it; never if this throws
   * @throws EngineException {@code engine.queue_full}, {@code engine.request_too_large} or {@code
   *     engine.stopping}
   */
  public Handle submit(List<Submission> submissions, Runnable afterLast) {
    for (Submission submission : submissions) {
      GenerationRequest request = submission.request();
      long total = (long) request.promptTokens().length + request.params().maxTokens();
      if (total > config.maxSequenceLength()) {
        throw new EngineException(
            EngineException.Kind.TOO_LARGE,
            "engine.request_too_large",
            "prompt and output of "
                + total
                + " tokens exceed the limit of "
                + config.maxSequenceLength());
      }
    }
    if (stopping) {
      throw stoppingError();
    }
    queue.enter(submissions.stream().map(Submission::request).toList());
    List<Long> ids = new ArrayList<>();
    submissions.forEach(s -> ids.add(nextId.getAndIncrement()));
    long now = ticker.nanos();
    active.addAndGet(submissions.size());
    AtomicInteger unfinished = new AtomicInteger(submissions.size());
    Runnable onEnd =
        () -> {
          active.decrementAndGet();
          if (unfinished.decrementAndGet() == 0) {
            afterLast.run();
          }
        };
    commands.add(
        () -> {
          for (int i = 0; i < ids.size(); i++) {
            GenerationRequest request = submissions.get(i).request();
            long timeout = request.timeoutNanos();
            // 0 means no deadline, so a deadline of exactly 0 moves by a nanosecond
            long deadline = timeout == 0 ? 0 : now + timeout == 0 ? 1 : now + timeout;
            GenerationListener listener =
                new CountingListener(submissions.get(i).listener(), onEnd);
            core.add(ids.get(i), request, listener, deadline);
          }
        });
    return () ->
        commands.add(
            () -> {
              EngineException reason =
                  new EngineException(
                      EngineException.Kind.FAILED, "engine.cancelled", "the request was cancelled");
              ids.forEach(id -> core.fail(id, reason));
            });
  }

  private static EngineException stoppingError() {
    return new EngineException(
        EngineException.Kind.STOPPING, "engine.stopping", "the server is stopping");
  }

  private void loop() {
    try {
      while (!stopping) {
        Runnable command = core.hasWork() ? commands.poll() : commands.take();
        while (command != null) {
          command.run();
          command = commands.poll();
        }
        core.step();
        status = core.status();
      }
    } catch (InterruptedException e) {
      LOG.info("engine interrupted");
    } catch (RuntimeException | Error e) {
      LOG.error("the engine stopped on an internal error", e);
    } finally {
      stopping = true;
      for (Runnable late = commands.poll(); late != null; late = commands.poll()) {
        late.run();
      }
      core.failAll(stoppingError());
      status = core.status();
      stopped.countDown();
    }
  }

  /** Whether the engine's thread runs and takes requests. */
  public boolean alive() {
    return started && !stopping;
  }

  /** Stops after the current step; unfinished outputs fail with {@code engine.stopping}. */
  @Override
  public void close() {
    stopping = true;
    commands.add(() -> {});
    boolean interrupted = false;
    while (started) {
      try {
        stopped.await();
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
