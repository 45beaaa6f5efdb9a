package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is unexpected in one sequence ends that sequence; the others and the engine go on. */
class SequenceFaultTest {
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

  private static EngineCore core(FakeExecutor executor) {
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 8, 16, 50, 1000), 64, 512, 100_000);
    return new EngineCore(config, executor, List.of(), tokenizer, () -> 1, s -> {});
  }

  private static GenerationRequest request(SamplingParams params, boolean score) {
    return GenerationRequest.of(new int[] {1, 2, 3}, params).scorePrompt(score).build();
  }

  private static SamplingParams atLeast(int minTokens, int maxTokens) {
    return new SamplingParams(
        0, 0, 1, 0, 1, 0, 0, Map.of(), 0, maxTokens, minTokens, false, Set.of(), -1);
  }

  @Test
  void anEndTokenBeyondTheVocabularyEndsNothing() {
    EngineCore core = core(new FakeExecutor(300, 300, 5_000_000));
    Recorder recorder = new Recorder();
    core.add(1, request(atLeast(4, 6), false), recorder, 0);
    run(core);
    assertEquals(List.of("LENGTH"), recorder.ends());
    assertEquals(6, recorder.outputs());
  }

  @Test
  void rowsThatAreNotThereEndTheSequenceTheyBelongTo() {
    for (boolean scoring : new boolean[] {false, true}) {
      FakeExecutor executor = new FakeExecutor(300);
      executor.misplaced.add(1L);
      EngineCore core = core(executor);
      Recorder bad = new Recorder();
      Recorder good = new Recorder();
      core.add(1, request(SamplingParams.greedy(5), scoring), bad, 0);
      core.add(2, request(SamplingParams.greedy(5), scoring), good, 0);
      run(core);
      assertEquals(List.of("engine.internal_error"), bad.ends());
      assertEquals(List.of("LENGTH"), good.ends());
      assertEquals(0, core.status().usedBlocks());
      assertEquals(1, core.status().internalErrors());
    }
  }

  @Test
  void aListenerThatThrowsHearsOfItsEndOnceWhereverItThrows() {
    for (String where : List.of("scheduled", "scored", "output", "finish", "failure")) {
      EngineCore core = core(new FakeExecutor(300));
      Recorder bad = new Throwing(where, IllegalStateException::new);
      Recorder good = new Recorder();
      core.add(1, request(SamplingParams.greedy(5), true), bad, 0);
      core.add(2, request(SamplingParams.greedy(5), true), good, 0);
      core.step();
      if (where.equals("failure")) {
        core.abandon(1, new CodedException("test.reason", "x"));
      }
      run(core);
      String end =
          switch (where) {
            case "finish" -> "LENGTH";
            case "failure" -> "test.reason";
            default -> "engine.internal_error";
          };
      assertEquals(List.of(end), bad.ends(), where);
      assertEquals(List.of("LENGTH"), good.ends(), where);
      assertEquals(0, core.status().usedBlocks(), where);
      assertEquals(1, core.status().internalErrors(), where);
    }
  }

  private static void run(EngineCore core) {
    for (int steps = 0; core.hasWork(); steps++) {
      core.step();
      if (steps > 1000) {
        throw new AssertionError("the sequences never end");
      }
    }
  }

  /** Records, then throws at one kind of event. */
  private static final class Throwing extends Recorder {
    private final String where;
    private final java.util.function.Supplier<RuntimeException> failure;

    Throwing(String where, java.util.function.Supplier<RuntimeException> failure) {
      this.where = where;
      this.failure = failure;
    }

    private void at(String event) {
      if (event.equals(where)) {
        throw failure.get();
      }
    }

    @Override
    public void onScheduled(int cachedTokens) {
      at("scheduled");
    }

    @Override
    public void onPromptScored(List<TokenLogprob> logprobs) {
      super.onPromptScored(logprobs);
      at("scored");
    }

    @Override
    public void onOutput(Output output) {
      super.onOutput(output);
      at("output");
    }

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      super.onFinish(reason, promptTokens, outputTokens);
      at("finish");
    }

    @Override
    public void onFailure(CodedException error) {
      super.onFailure(error);
      at("failure");
    }
  }
}
