package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.shape.Projection;
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine with a real model (random weights, fixed seed). */
class EngineTest {
  private static ModelFiles files;
  private static ModelExecutor executor;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    Path model = dir.resolve("m");
    SyntheticModel.write(model, SyntheticModel.llama(32, 64, 2, 4, 2, 300, 256), DType.F32, 11);
    files = ModelFiles.open(model, Clock.systemUTC());
    executor =
        new NativeExecutorFactory()
            .create(
                files.config(),
                files.checkpoint(),
                new ExecutorOptions(ExecutorOptions.Format.F32, 1));
  }

  @AfterAll
  static void close() {
    executor.close();
    files.close();
  }

  private final AtomicLong now = new AtomicLong(1);

  private EngineCore core(int blocks, int budget, ForwardHook... hooks) {
    executor.allocateCache(blocks);
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(budget, 64, 8, 16, 50, 1000), blocks, blocks * 16, 10_000);
    return new EngineCore(config, executor, List.of(hooks), files.tokenizer(), now::get, s -> {});
  }

  private static final class Collector implements GenerationListener {
    final StringBuilder text = new StringBuilder();
    final List<Integer> tokens = new ArrayList<>();
    final List<Double> logprobs = new ArrayList<>();
    List<TokenLogprob> prompt = List.of();
    FinishReason reason;
    CodedException error;
    int outputs;
    final CountDownLatch ended = new CountDownLatch(1);

    @Override
    public void onPromptScored(List<TokenLogprob> scored) {
      prompt = scored;
    }

    @Override
    public void onOutput(Output output) {
      outputs += output.count();
      text.append(output.text());
      output.logprobs().forEach(l -> tokens.add(l.token()));
      output.logprobs().forEach(l -> logprobs.add(l.logprob()));
    }

    @Override
    public void onFinish(FinishReason finished, int promptTokens, int outputTokens) {
      assertNull(reason);
      reason = finished;
      assertEquals(outputs, outputTokens);
      ended.countDown();
    }

    @Override
    public void onFailure(CodedException failure) {
      error = failure;
      ended.countDown();
    }
  }

  private static SamplingParams sampled(long seed, int max) {
    return new SamplingParams(
        0.9, 0, 0.95, 0, 1.1, 0.2, 0.1, Map.of(), seed, max, 0, true, Set.of(), 0);
  }

  private static GenerationRequest request(int[] prompt, SamplingParams params, String... stops) {
    return GenerationRequest.of(prompt, params).stopStrings(List.of(stops)).build();
  }

  private static int[] prompt(Random random, int length) {
    return random.ints(length, 0, 250).toArray();
  }

  @Test
  void batchingChunkingAndPreemptionDoNotChangeAnyOutput() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    List<GenerationRequest> requests = new ArrayList<>();
    Random random = new Random(seed);
    for (int i = 0; i < 12; i++) {
      requests.add(
          request(prompt(random, 1 + random.nextInt(60)), sampled(i, 20 + random.nextInt(40))));
    }
    List<Collector> alone = new ArrayList<>();
    for (GenerationRequest request : requests) {
      EngineCore core = core(16, 512);
      Collector c = new Collector();
      core.add(1, request, c, 0);
      while (core.hasWork()) {
        core.step();
      }
      alone.add(c);
    }
    EngineCore crowded = core(20, 19);
    List<Collector> together = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      Collector c = new Collector();
      together.add(c);
      crowded.add(i, requests.get(i), c, 0);
    }
    while (crowded.hasWork()) {
      crowded.step();
    }
    assertTrue(crowded.status().preemptions() > 0, "the test must preempt");
    assertEquals(0, crowded.status().usedBlocks());
    for (int i = 0; i < requests.size(); i++) {
      assertEquals(GenerationListener.FinishReason.LENGTH, together.get(i).reason);
      assertEquals(alone.get(i).tokens, together.get(i).tokens);
      assertEquals(alone.get(i).logprobs, together.get(i).logprobs);
    }
  }

  @Test
  void aHookFailsOneSequenceAndTheOthersGoOnUnharmed() {
    int[] a = {1, 2, 3};
    Collector clean = new Collector();
    EngineCore reference = core(16, 64);
    reference.add(1, request(a, sampled(5, 12)), clean, 0);
    while (reference.hasWork()) {
      reference.step();
    }
    ForwardHook poison =
        new ForwardHook() {
          @Override
          public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

          @Override
          public void finish(Projection projection, RowMatrix y, StepRows rows) {
            for (int row = 0; row < rows.rows(); row++) {
              int sequence = rows.sequenceOf(row);
              if (rows.sequenceId(sequence) == 2) {
                for (int i = 0; i < y.columns(); i++) {
                  y.values().put(row * y.columns() + i, Float.NaN);
                }
                if (rows.position(row) == 6) {
                  rows.fail(
                      sequence,
                      new EngineException(
                          EngineException.Kind.FAILED, "adapter.unavailable", "gone"));
                }
              }
            }
          }
        };
    EngineCore core = core(16, 64, poison);
    Collector good = new Collector();
    Collector bad = new Collector();
    Collector later = new Collector();
    core.add(2, request(new int[] {4, 5, 6, 7, 8, 9, 10}, sampled(6, 12)), bad, 0);
    core.add(1, request(a, sampled(5, 12)), good, 0);
    core.step();
    assertEquals("adapter.unavailable", bad.error.code());
    // reuses the blocks that held the poisoned keys and values
    core.add(3, request(a, sampled(5, 12)), later, 0);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(clean.tokens, good.tokens);
    assertEquals(clean.tokens, later.tokens);
    assertEquals(0, core.status().usedBlocks());
  }

  @Test
  void anExceptionInAHookFailsTheStepButNotTheEngine() {
    boolean[] broken = {true};
    ForwardHook hook =
        new ForwardHook() {
          @Override
          public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {
            if (broken[0]) {
              throw new IllegalStateException("bug");
            }
          }

          @Override
          public void finish(Projection projection, RowMatrix y, StepRows rows) {}
        };
    EngineCore core = core(16, 64, hook);
    Collector first = new Collector();
    core.add(1, request(new int[] {1}, sampled(1, 4)), first, 0);
    core.step();
    assertEquals("engine.step_failed", first.error.code());
    broken[0] = false;
    Collector second = new Collector();
    core.add(2, request(new int[] {1}, sampled(1, 4)), second, 0);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(GenerationListener.FinishReason.LENGTH, second.reason);
  }

  @Test
  void hooksSeeTheRequestsName() {
    List<String> seen = new ArrayList<>();
    ForwardHook hook =
        new ForwardHook() {
          @Override
          public boolean start(StepRows rows) {
            for (int i = 0; i < rows.sequences(); i++) {
              seen.add(rows.requestId(i));
            }
            return false;
          }

          @Override
          public void begin(ProjectionGroup group, RowMatrix x, StepRows rows) {}

          @Override
          public void finish(Projection projection, RowMatrix y, StepRows rows) {}
        };
    EngineCore core = core(16, 64, hook);
    core.add(
        1,
        GenerationRequest.of(new int[] {1}, sampled(1, 1)).requestId("first-1").build(),
        new Collector(),
        0);
    core.add(2, request(new int[] {1}, sampled(1, 1)), new Collector(), 0);
    core.step();
    assertEquals(List.of("first-1", ""), seen);
  }

  @Test
  void cancellationAndExpiryFreeTheBlocksBeforeTheNextStep() {
    EngineCore core = core(16, 64);
    Collector cancelled = new Collector();
    Collector expired = new Collector();
    core.add(1, request(new int[] {1, 2}, sampled(1, 50)), cancelled, 0);
    core.add(2, request(new int[] {1, 2}, sampled(1, 50)), expired, 100);
    core.step();
    assertEquals(2, core.status().usedBlocks());
    core.abandon(1, new EngineException(EngineException.Kind.FAILED, "engine.cancelled", "x"));
    assertEquals(1, core.status().usedBlocks());
    now.set(100);
    core.step();
    assertEquals("engine.timeout", expired.error.code());
    assertEquals(0, core.status().usedBlocks());
  }

  @Test
  void promptScoresAgreeWithScoresOfTheSameTokensWhenGenerated() {
    EngineCore core = core(16, 9);
    Collector generated = new Collector();
    int[] prompt = {9, 8, 7};
    core.add(1, request(prompt, sampled(3, 30)), generated, 0);
    while (core.hasWork()) {
      core.step();
    }
    int[] all = new int[33];
    System.arraycopy(prompt, 0, all, 0, 3);
    for (int i = 0; i < 30; i++) {
      all[3 + i] = generated.tokens.get(i);
    }
    Collector scored = new Collector();
    SamplingParams none = sampled(3, 0);
    core.add(2, GenerationRequest.of(all, none).scorePrompt(true).build(), scored, 0);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(32, scored.prompt.size());
    assertEquals(0, scored.outputs);
    for (int i = 0; i < 30; i++) {
      assertEquals(generated.logprobs.get(i), scored.prompt.get(2 + i).logprob());
    }
  }

  @Test
  void stopTokensAndStopStringsEndTheOutput() {
    EngineCore core = core(16, 64);
    Collector free = new Collector();
    core.add(1, request(new int[] {1, 2, 3}, sampled(1, 30)), free, 0);
    while (core.hasWork()) {
      core.step();
    }
    String stop = free.text.substring(8, 11);
    int first = free.text.indexOf(stop);
    Collector stopped = new Collector();
    core.add(2, request(new int[] {1, 2, 3}, sampled(1, 30), stop), stopped, 0);
    Collector byToken = new Collector();
    SamplingParams p = sampled(1, 30);
    SamplingParams tokenStop =
        new SamplingParams(
            p.temperature(),
            0,
            p.topP(),
            0,
            1.1,
            0.2,
            0.1,
            Map.of(),
            1,
            30,
            0,
            true,
            Set.of(free.tokens.get(4)),
            0);
    core.add(3, request(new int[] {1, 2, 3}, tokenStop), byToken, 0);
    while (core.hasWork()) {
      core.step();
    }
    assertEquals(GenerationListener.FinishReason.STOP, stopped.reason);
    assertEquals(free.text.substring(0, first), stopped.text.toString());
    assertEquals(GenerationListener.FinishReason.STOP, byToken.reason);
    assertEquals(free.tokens.subList(0, free.tokens.indexOf(free.tokens.get(4))), byToken.tokens);
  }

  private static GenerationRequest of(String flow, int promptLength, int outputs) {
    return GenerationRequest.of(new int[promptLength], sampled(1, outputs)).flow(flow).build();
  }

  @Test
  void aFloodOfOneFlowDoesNotDelayAnother() {
    // 8 slots, all taken by the flood for 100 tokens each; it gives way at 1000 virtual tokens
    EngineCore core = core(64, 64);
    List<Collector> flood = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      Collector c = new Collector();
      flood.add(c);
      core.add(i, of("flood", 10, 100), c, 0);
    }
    for (int i = 0; i < 10; i++) {
      core.step();
    }
    Collector quiet = new Collector();
    core.add(100, of("quiet", 10, 5), quiet, 0);
    int steps = 0;
    while (quiet.reason == null) {
      core.step();
      steps++;
    }
    // the flood is charged 16 a step: 1000 / 16 steps until it gives way, then 6 of its own
    assertTrue(steps <= 75, "it took " + steps + " steps");
    while (core.hasWork()) {
      core.step();
    }
    flood.forEach(c -> assertEquals(GenerationListener.FinishReason.LENGTH, c.reason));
  }

  @Test
  void aFullQueueStillTakesOneSubmissionOfAFlowThatHasNoneWaiting() {
    AdmissionQueue queue = new AdmissionQueue(100, false);
    queue.enter(List.of(of("flood", 90, 1)));
    assertThrows(EngineException.class, () -> queue.enter(List.of(of("flood", 11, 1))));
    queue.enter(List.of(of("quiet", 60, 1)));
    assertThrows(EngineException.class, () -> queue.enter(List.of(of("quiet", 1, 1))));
    // together never more than twice the limit
    assertThrows(EngineException.class, () -> queue.enter(List.of(of("third", 51, 1))));
    queue.left("quiet", 60);
    queue.enter(List.of(of("quiet", 1, 1)));
    assertEquals(91, queue.tokens());
  }

  @Test
  void admissionIsBoundedAndRequestsThatCanNeverFitAreRefusedAtOnce() throws Exception {
    executor.allocateCache(8);
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(32, 32, 2, 16, 50, 1000), 8, 128, 20);
    Engine engine = new Engine(config, executor, List.of(), files.tokenizer(), Ticker.system());
    // not started: everything submitted keeps waiting
    Collector c = new Collector();
    EngineException large =
        assertThrows(
            EngineException.class,
            () ->
                engine.submit(
                    List.of(new Engine.Submission(request(new int[100], sampled(1, 29)), c)),
                    () -> {}));
    assertEquals("engine.request_too_large", large.code());
    Engine.Handle first =
        engine.submit(
            List.of(new Engine.Submission(request(new int[64], sampled(1, 4)), c)), () -> {});
    EngineException full =
        assertThrows(
            EngineException.class,
            () ->
                engine.submit(
                    List.of(new Engine.Submission(request(new int[1], sampled(1, 4)), c)),
                    () -> {}));
    assertEquals("engine.queue_full", full.code());
    first.cancel();
    engine.start();
    assertTrue(c.ended.await(30, TimeUnit.SECONDS));
    assertEquals("engine.cancelled", c.error.code());
    Collector next = new Collector();
    engine.submit(
        List.of(new Engine.Submission(request(new int[] {3}, sampled(1, 4)), next)), () -> {});
    assertTrue(next.ended.await(30, TimeUnit.SECONDS));
    assertEquals(GenerationListener.FinishReason.LENGTH, next.reason);
    assertEquals(0, engine.queuedTokens());
    assertEquals(0, engine.active());
    engine.close();
    assertEquals(
        "engine.stopping",
        assertThrows(
                EngineException.class,
                () ->
                    engine.submit(
                        List.of(new Engine.Submission(request(new int[1], sampled(1, 1)), c)),
                        () -> {}))
            .code());
  }
}
