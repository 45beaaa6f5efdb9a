package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.CacheScope;
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
    core =
        new EngineCore(
            new EngineConfig(
                new SchedulerConfig(256, 256, 8, 16, 50, 1000), 64, 512, 100_000, true, "m"),
            executor,
            List.of(),
            tokenizer,
            () -> 0,
            s -> {});
  }

  private Taken ask(String tenant, int[] prompt, int outputs) {
    Taken out = new Taken();
    core.add(
        nextId++,
        GenerationRequest.of(prompt, SamplingParams.greedy(outputs))
            .adapter(SequenceInput.BASE, new CacheScope("", tenant, ""))
            .build(),
        out,
        0);
    return out;
  }

  private static int[] prompt(int length) {
    return IntStream.range(0, length).map(i -> i * 7 % 61).toArray();
  }

  private int run() {
    ran.clear();
    while (core.hasWork()) {
      core.step();
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
}
