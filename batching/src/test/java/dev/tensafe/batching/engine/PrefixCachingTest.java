package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokens run, and which are there already. */
class PrefixCachingTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static final class Taken implements GenerationListener {
    final List<Integer> tokens = new ArrayList<>();
    int cached = -1;
    boolean finished;

    @Override
    public void onScheduled(int cachedTokens) {
      cached = cachedTokens;
    }

    @Override
    public void onOutput(Output output) {
      tokens.addAll(output.tokens());
    }

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      finished = true;
    }

    @Override
    public void onFailure(CodedException error) {}
  }

  private final FakeExecutor executor = new FakeExecutor(300);
  private final List<Integer> ran = new ArrayList<>();
  private final EngineCore core;
  private long nextId = 1;

  PrefixCachingTest() {
    executor.before =
        batch -> ran.add(batch.sequences().stream().mapToInt(SequenceInput::tokenCount).sum());
    core = core(PrefixSharing.of("m"), 64);
  }

  private EngineCore core(PrefixSharing sharing, int blocks) {
    return new EngineCore(
        new EngineConfig(
            new SchedulerConfig(256, 256, 8, 16, 50, 1000),
            blocks,
            Math.min(512, 16 * blocks),
            100_000,
            sharing),
        executor,
        List.of(),
        tokenizer,
        () -> 0,
        s -> {});
  }

  private Taken ask(String tenant, int[] prompt, int outputs) {
    return ask(new CacheScope("", tenant, ""), prompt, outputs);
  }

  private Taken ask(CacheScope scope, int[] prompt, int outputs) {
    return add(core, scope, prompt, outputs);
  }

  private Taken add(EngineCore to, CacheScope scope, int[] prompt, int outputs) {
    Taken out = new Taken();
    to.add(
        nextId++,
        GenerationRequest.of(prompt, SamplingParams.greedy(outputs))
            .adapter(SequenceInput.BASE, scope)
            .build(),
        out,
        0);
    return out;
  }

  private static int[] prompt(int length) {
    return IntStream.range(0, length).map(i -> i * 7 % 61).toArray();
  }

  private int run() {
    return run(core);
  }

  private int run(EngineCore engine) {
    ran.clear();
    while (engine.hasWork()) {
      engine.step();
    }
    return ran.stream().mapToInt(Integer::intValue).sum();
  }

  @Test
  void aPromptIsComputedOnceForOneTenantAndAgainForAnother() {
    Taken first = ask("a", prompt(100), 1);
    assertEquals(100, run());
    Taken second = ask("a", prompt(100), 1);
    assertEquals(100 - 96, run());
    ask("b", prompt(100), 1);
    assertEquals(100, run());
    assertEquals(first.tokens, second.tokens);
  }

  @Test
  void theLastTokenIsAlwaysComputed() {
    ask("a", prompt(96), 1);
    run();
    ask("a", prompt(96), 1);
    assertEquals(16, run());
  }

  @Test
  void outputsServeTheNextTurn() {
    Taken turn = ask("a", prompt(40), 30);
    run();
    int[] next =
        IntStream.concat(IntStream.of(prompt(40)), turn.tokens.stream().mapToInt(Integer::intValue))
            .toArray();
    ask("a", next, 1);
    assertEquals(70 - 64, run());
  }

  @Test
  void thoseThatBeginAlikeTogetherComputeItOnce() {
    for (int i = 0; i < 4; i++) {
      ask("a", prompt(100), 1);
    }
    assertEquals(100 + 3 * 4, run());
  }

  @Test
  void oneThatWaitsForAnotherGoesOnWithoutIt() {
    ask("a", prompt(300), 1);
    Taken second = ask("a", prompt(300), 1);
    core.step();
    core.abandon(1, new EngineException(EngineException.Kind.FAILED, "engine.cancelled", "gone"));
    run();
    assertTrue(second.finished);
  }

  @Test
  void whatAFailedSequenceComputedIsNotFound() {
    ask("a", prompt(100), 4);
    core.step();
    executor.before =
        batch -> {
          throw new IllegalStateException("planned");
        };
    core.step();
    executor.before =
        batch -> ran.add(batch.sequences().stream().mapToInt(SequenceInput::tokenCount).sum());
    ask("a", prompt(100), 1);
    assertEquals(100, run());
  }

  /** Whoever goes on from what turned out to be wrong makes nothing of it known. */
  @Test
  void whatOthersMadeOfWhatAFailedSequenceComputedIsNotFound() {
    ask("a", prompt(100), 4);
    core.step();
    int[] longer = prompt(200);
    ask("a", longer, 50);
    core.step();
    executor.misplaced.add(1L);
    core.step();
    executor.misplaced.clear();
    run();
    ask("a", longer, 1);
    assertEquals(200, run());
    ask("a", longer, 1);
    assertEquals(200 - 192, run());
  }

  @Test
  void whatWasComputedWithADistrustedAdapterIsNotFound() {
    CacheScope scope = new CacheScope("d", "a", "fast");
    ask(scope, prompt(100), 1);
    ask("a", prompt(100), 1);
    run();
    Taken running = ask(scope, prompt(200), 40);
    core.step();
    core.distrustAdapter("d");
    run();
    assertTrue(running.finished);
    ask("a", prompt(100), 1);
    assertEquals(4, run(), "the base model's is as good as before");
    ask(scope, prompt(200), 1);
    assertEquals(200, run());
    ask(scope, prompt(200), 1);
    assertEquals(8, run(), "what is computed since then is found");
  }

  @Test
  void aSaltIsSharedByThoseWhoKnowIt() {
    ask(new CacheScope("", "a", "").withSalt("s"), prompt(100), 1);
    run();
    ask(new CacheScope("", "b", "").withSalt("s"), prompt(100), 1);
    assertEquals(4, run());
    ask("a", prompt(100), 1);
    assertEquals(100, run());
    ask("s", prompt(100), 1);
    assertEquals(100, run(), "a tenant that is called like a salt");
  }

  @Test
  void onlyThePublicPromptIsSharedBetweenTenants() {
    EngineCore open = core(new PrefixSharing(true, "m", prompt(40)), 64);
    add(open, new CacheScope("", "a", ""), prompt(100), 1);
    assertEquals(100, run(open));
    add(open, new CacheScope("", "b", ""), prompt(100), 1);
    assertEquals(100 - 32, run(open));
    add(open, new CacheScope("d", "b", ""), prompt(100), 1);
    assertEquals(100, run(open), "other weights");
  }

  @Test
  void aScoredPromptIsComputedWhole() {
    ask("a", prompt(100), 1);
    run();
    core.add(
        nextId++,
        GenerationRequest.of(prompt(100), SamplingParams.greedy(1))
            .adapter(SequenceInput.BASE, new CacheScope("", "a", ""))
            .scorePrompt(true)
            .build(),
        new Taken(),
        0);
    assertEquals(100, run());
  }

  @Test
  void aPreemptedSequenceFindsItsBlocksAgain() {
    EngineCore small = core(PrefixSharing.of("m"), 16);
    Taken first = add(small, new CacheScope("", "a", ""), prompt(100), 60);
    Taken second = add(small, new CacheScope("", "b", ""), prompt(100), 60);
    int computed = run(small);
    assertTrue(first.finished && second.finished);
    assertTrue(small.status().preemptions() > 0);
    int once = 2 * (100 + 59);
    assertTrue(computed > once, "what was evicted is computed again");
    assertTrue(computed < once + 100, "and no more than that: " + computed);
    assertEquals(0, small.status().usedBlocks());
  }

  @Test
  void whatIsCachedDoesNotCountAmongWhatWaits() {
    ask("a", prompt(100), 1);
    run();
    GenerationRequest again =
        GenerationRequest.of(prompt(100), SamplingParams.greedy(1))
            .adapter(SequenceInput.BASE, new CacheScope("", "a", ""))
            .build();
    assertEquals(96, core.add(50, again, new Taken(), 0, 100));
    AdmissionQueue queue = new AdmissionQueue(1000, true);
    assertArrayEquals(new int[] {100, 1, 1}, queue.enter(List.of(again, again, again)));
    assertEquals(102, queue.tokens());
  }

  @Test
  void countersTellOfQueriesAndHits() {
    Taken first = ask("a", prompt(100), 1);
    run();
    Taken second = ask("a", prompt(100), 1);
    run();
    assertEquals(0, first.cached);
    assertEquals(96, second.cached);
    assertEquals(200, core.status().queriedTokens());
    assertEquals(96, core.status().cachedTokens());
    assertEquals(6, core.status().cachedBlocks());
  }
}
