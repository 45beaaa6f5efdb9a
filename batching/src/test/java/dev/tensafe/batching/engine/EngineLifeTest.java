package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An engine's life: whatever ends it, every accepted output has exactly one end. */
class EngineLifeTest {
  private static final int LIMIT_SECONDS = 30;

  private static Tokenizer tokenizer;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final FakeExecutor executor = new FakeExecutor(300);

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  private Engine engine(Ticker ticker) {
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 8, 16, 50, 1000), 64, 512, 100_000);
    return new Engine(config, executor, List.of(), tokenizer, ticker);
  }

  private static Engine.Submission submission(GenerationListener listener, int outputs) {
    return new Engine.Submission(
        GenerationRequest.of(new int[] {1, 2, 3}, SamplingParams.greedy(outputs)).build(),
        listener);
  }

  private <T> T within(Callable<T> work) throws Exception {
    return threads.submit(work).get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private void close(Engine engine) throws Exception {
    within(
        () -> {
          engine.close();
          return true;
        });
  }

  /** The submitter is held between its look at the engine's state and the hand-over. */
  @Test
  void aSubmissionThatRacesTheCloseIsRefusedOrEnded() throws Exception {
    CountDownLatch looked = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    AtomicReference<Thread> submitter = new AtomicReference<>();
    Ticker ticker =
        () -> {
          if (Thread.currentThread() == submitter.get()) {
            looked.countDown();
            awaitQuietly(closed);
          }
          return 1;
        };
    Engine engine = engine(ticker);
    engine.start();
    Recorder recorder = new Recorder();
    AtomicInteger afterLast = new AtomicInteger();
    Future<Boolean> accepted =
        threads.submit(
            () -> {
              submitter.set(Thread.currentThread());
              try {
                engine.submit(List.of(submission(recorder, 3)), afterLast::incrementAndGet);
                return true;
              } catch (EngineException e) {
                assertEquals("engine.stopping", e.code());
                return false;
              }
            });
    assertTrue(looked.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    close(engine);
    closed.countDown();
    boolean taken = accepted.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    assertEquals(taken ? List.of("engine.stopping") : List.of(), recorder.ends());
    assertEquals(taken ? 1 : 0, afterLast.get());
    assertEquals(0, engine.active());
    assertEquals(0, engine.queuedTokens());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void everyAcceptedOutputEndsOnceHoweverSubmitCancelAndCloseInterleave() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int round = 0; round < 150; round++) {
      interleave(new Random(seed + round), "seed " + seed + " round " + round);
    }
  }

  private void interleave(Random random, String which) throws Exception {
    Engine engine = engine(Ticker.system());
    boolean dies = random.nextInt(4) == 0;
    int lastStep = random.nextInt(20);
    AtomicInteger steps = new AtomicInteger();
    executor.before =
        batch -> {
          if (dies && steps.incrementAndGet() > lastStep) {
            throw new LinkageError("the engine's thread dies here");
          }
        };
    engine.start();
    int submitters = 3;
    CyclicBarrier together = new CyclicBarrier(submitters + 1);
    List<Future<List<Object[]>>> submitting = new ArrayList<>();
    for (int i = 0; i < submitters; i++) {
      Random own = new Random(random.nextLong());
      submitting.add(
          threads.submit(
              () -> {
                together.await();
                return submitSome(engine, own);
              }));
    }
    together.await();
    for (int spin = random.nextInt(20_000); spin > 0; spin--) {
      Thread.onSpinWait();
    }
    close(engine);
    for (Future<List<Object[]>> some : submitting) {
      for (Object[] taken : some.get(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        assertEquals(1, ((Recorder) taken[0]).ends().size(), which);
        assertEquals(1, ((AtomicInteger) taken[1]).get(), which);
      }
    }
    assertEquals(0, engine.active(), which);
    assertEquals(0, engine.queuedTokens(), which);
  }

  /** Submits until refused; returns the receivers of what was taken. */
  private static List<Object[]> submitSome(Engine engine, Random random) {
    List<Object[]> taken = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Recorder recorder = new Recorder();
      AtomicInteger afterLast = new AtomicInteger();
      try {
        Engine.Handle handle =
            engine.submit(
                List.of(submission(recorder, random.nextInt(6))), afterLast::incrementAndGet);
        taken.add(new Object[] {recorder, afterLast});
        if (random.nextInt(3) == 0) {
          handle.cancel();
        }
      } catch (EngineException e) {
        if (e.code().equals("engine.stopping")) {
          return taken;
        }
      }
    }
    return taken;
  }

  @Test
  void whenItsThreadDiesEverythingAcceptedEndsAndNothingMoreIsAccepted() throws Exception {
    CountDownLatch mayDie = new CountDownLatch(1);
    executor.before =
        batch -> {
          awaitQuietly(mayDie);
          throw new LinkageError("the engine's thread dies here");
        };
    Engine engine = engine(Ticker.system());
    engine.start();
    Recorder running = new Recorder();
    Recorder waiting = new Recorder();
    AtomicInteger afterLast = new AtomicInteger();
    engine.submit(List.of(submission(running, 3)), afterLast::incrementAndGet);
    Engine.Handle late = engine.submit(List.of(submission(waiting, 3)), afterLast::incrementAndGet);
    mayDie.countDown();
    assertTrue(running.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    assertTrue(waiting.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    close(engine);
    late.cancel();
    assertFalse(engine.alive());
    assertEquals(List.of("engine.stopping"), running.ends());
    assertEquals(List.of("engine.stopping"), waiting.ends());
    assertEquals(2, afterLast.get());
    assertThrows(
        EngineException.class, () -> engine.submit(List.of(submission(running, 1)), () -> {}));
  }

  @Test
  void closedBeforeItStartedItEndsWhatItHolds() throws Exception {
    Engine engine = engine(Ticker.system());
    Recorder recorder = new Recorder();
    AtomicInteger afterLast = new AtomicInteger();
    engine.submit(List.of(submission(recorder, 3)), afterLast::incrementAndGet);
    close(engine);
    close(engine);
    assertEquals(List.of("engine.stopping"), recorder.ends());
    assertEquals(1, afterLast.get());
    assertEquals(0, engine.active());
    assertEquals(0, engine.queuedTokens());
  }

  @Test
  void aRunnerThatRefusesOrNeverRunsDoesNotHoldTheClose() throws Exception {
    Engine refused = engine(Ticker.system());
    assertThrows(
        RejectedExecutionException.class,
        () ->
            refused.start(
                task -> {
                  throw new RejectedExecutionException("full");
                }));
    assertFalse(refused.alive());
    Recorder first = new Recorder();
    refused.submit(List.of(submission(first, 3)), () -> {});
    close(refused);
    assertEquals(List.of("engine.stopping"), first.ends());

    Engine neverRun = engine(Ticker.system());
    List<Runnable> tasks = new ArrayList<>();
    neverRun.start(tasks::add);
    Recorder second = new Recorder();
    neverRun.submit(List.of(submission(second, 3)), () -> {});
    close(neverRun);
    assertEquals(List.of("engine.stopping"), second.ends());
    // a runner that comes to it after all finds nothing to do
    within(
        () -> {
          tasks.forEach(Runnable::run);
          return true;
        });
    assertEquals(1, second.ends().size());
  }

  @Test
  void anEngineRefusedByOneRunnerRunsOnAnother() throws Exception {
    Engine engine = engine(Ticker.system());
    assertThrows(
        RejectedExecutionException.class,
        () ->
            engine.start(
                task -> {
                  throw new RejectedExecutionException("full");
                }));
    Recorder recorder = new Recorder();
    engine.submit(List.of(submission(recorder, 3)), () -> {});
    engine.start();
    assertTrue(recorder.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    assertEquals(List.of("LENGTH"), recorder.ends());
    assertThrows(IllegalStateException.class, engine::start);
    close(engine);
    assertThrows(IllegalStateException.class, engine::start);
  }

  @Test
  void cancellingAfterTheCloseDoesNothing() throws Exception {
    Engine engine = engine(Ticker.system());
    engine.start();
    Recorder recorder = new Recorder();
    Engine.Handle handle = engine.submit(List.of(submission(recorder, 3)), () -> {});
    assertTrue(recorder.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    close(engine);
    handle.cancel();
    handle.cancel();
    assertEquals(1, recorder.ends().size());
  }

  @Test
  void aListenerMayCloseTheEngineItIsCalledBy() throws Exception {
    Engine engine = engine(Ticker.system());
    engine.start();
    CountDownLatch closed = new CountDownLatch(1);
    Recorder recorder =
        new Recorder() {
          @Override
          public void onScheduled(int cachedTokens) {
            engine.close();
            closed.countDown();
          }
        };
    engine.submit(List.of(submission(recorder, 300)), () -> {});
    assertTrue(closed.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    assertTrue(recorder.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    close(engine);
    assertEquals(List.of("engine.stopping"), recorder.ends());
  }

  @Test
  void anAfterLastThatThrowsKeepsNoListenerFromItsEnd() throws Exception {
    Engine engine = engine(Ticker.system());
    engine.start();
    Recorder recorder = new Recorder();
    AtomicInteger calls = new AtomicInteger();
    engine.submit(
        List.of(submission(recorder, 2)),
        () -> {
          calls.incrementAndGet();
          throw new IllegalStateException("bug");
        });
    assertTrue(recorder.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    Recorder next = new Recorder();
    engine.submit(List.of(submission(next, 2)), () -> {});
    assertTrue(next.ended.await(LIMIT_SECONDS, TimeUnit.SECONDS));
    close(engine);
    assertEquals(List.of("LENGTH"), recorder.ends());
    assertEquals(List.of("LENGTH"), next.ends());
    assertEquals(1, calls.get());
  }

  @Test
  void aTokenTheModelDoesNotKnowIsRefusedBeforeItMeetsTheOthers() {
    Engine engine = engine(Ticker.system());
    for (int token : new int[] {-1, 300}) {
      GenerationRequest request =
          GenerationRequest.of(new int[] {1, token}, SamplingParams.greedy(1)).build();
      EngineException e =
          assertThrows(
              EngineException.class,
              () ->
                  engine.submit(List.of(new Engine.Submission(request, new Recorder())), () -> {}));
      assertEquals("engine.unknown_token", e.code());
    }
    assertThrows(IllegalArgumentException.class, () -> engine.submit(List.of(), () -> {}));
    assertEquals(0, engine.active());
    assertEquals(0, engine.queuedTokens());
  }
}
