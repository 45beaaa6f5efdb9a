package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of an engine: <em>new</em> (nobody runs it), <em>started</em> (handed to a runner),
 * <em>looping</em> (a thread runs it), <em>ended</em>. It takes commands in all but the last; they
 * wait until it loops. {@link #close} ends it, and so does an error of its thread. Whoever leads to
 * <em>ended</em>, the looping thread or, where none loops, the closing one, closes the {@link
 * CommandInbox} and ends what was accepted. So every accepted output has exactly one end.
 * Thread-safe.
 */
final class EngineLife {
  private static final Logger LOG = LoggerFactory.getLogger(EngineLife.class);

  private enum Phase {
    NEW,
    STARTED,
    LOOPING,
    ENDED
  }

  private final EngineCore core;
  private final AcceptedOutputs outputs;
  private final CommandInbox inbox = new CommandInbox();
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.NEW);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable Thread owner;
  private volatile EngineStatus status;
  private volatile boolean stopping;

  /**
   * @param core used by one thread at a time: the looping one, or the one that ends it unlooped
   */
  EngineLife(EngineCore core, AcceptedOutputs outputs) {
    this.core = core;
    this.outputs = outputs;
    this.status = core.status();
  }

  static EngineException stoppingError() {
    return new EngineException(
        EngineException.Kind.STOPPING, "engine.stopping", "the server is stopping");
  }

  /**
   * Hands the engine to a runner.
   *
   * @throws IllegalStateException when it was started or closed before
   * @throws java.util.concurrent.RejectedExecutionException when the runner refuses; another may
   *     then be tried
   */
  void start(Executor runner) {
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

  /** Enqueues a command for the engine's thread; false when it has ended. */
  boolean offer(Runnable command) {
    return inbox.offer(command);
  }

  /** Whether a thread runs it, or is about to, and nothing has asked it to stop. */
  boolean alive() {
    Phase now = phase.get();
    return !stopping && (now == Phase.STARTED || now == Phase.LOOPING);
  }

  /** Whether it has ended or is about to. */
  boolean stopping() {
    return stopping;
  }

  /** State after the latest step. */
  EngineStatus status() {
    return status;
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
      core.abandonAll(stoppingError());
    } catch (RuntimeException | Error e) {
      core.errors().report("the engine's end", e);
    } finally {
      outputs.failAll(stoppingError());
      core.close();
      status = core.status();
      ended.countDown();
    }
  }

  /**
   * Stops after the current step; unfinished outputs fail with {@code engine.stopping}. Returns
   * when all have; called by a listener, at once.
   */
  void close() {
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
