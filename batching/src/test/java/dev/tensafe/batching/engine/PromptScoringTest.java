package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Scores of long prompts at a large vocabulary: right, and never more logits than the bound. */
class PromptScoringTest {
  private static final int VOCAB = 131_072;
  private static final int LENGTH = 5000;

  @Test
  void aLongPromptAtALargeVocabularyIsScoredInBoundedSteps(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    FakeExecutor executor = new FakeExecutor(VOCAB);
    int blocks = 1000;
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(8192, EngineConfig.logitRowsPerStep(VOCAB, 8), 8, 16, 50, 1000),
            blocks,
            8192,
            100_000);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      EngineCore core = new EngineCore(config, executor, List.of(), tokenizer, () -> 1, s -> {});
      List<int[]> prompts = new ArrayList<>();
      List<Recorder> recorders = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        prompts.add(prompt(executor, LENGTH + i * 37));
        recorders.add(new Recorder());
        GenerationRequest request =
            GenerationRequest.of(prompts.get(i), SamplingParams.greedy(0))
                .scorePrompt(true)
                .build();
        core.add(i, request, recorders.get(i), 0);
      }
      while (core.hasWork()) {
        core.step();
      }
      for (int i = 0; i < prompts.size(); i++) {
        assertEquals(List.of("LENGTH"), recorders.get(i).ends());
        check(executor, prompts.get(i), recorders.get(i).scores());
      }
    }
    assertTrue(executor.mostRows <= 256, "a step gave " + executor.mostRows + " rows");
  }

  /** A walk through the fake model: every third token is its best, every third its second. */
  private static int[] prompt(FakeExecutor executor, int length) {
    int[] prompt = new int[length];
    prompt[0] = 17;
    for (int i = 1; i < length; i++) {
      int before = prompt[i - 1];
      prompt[i] =
          switch (i % 3) {
            case 0 -> executor.best(before, i - 1);
            case 1 -> executor.second(before, i - 1);
            default -> (executor.best(before, i - 1) + 5) % VOCAB;
          };
    }
    return prompt;
  }

  private static void check(FakeExecutor executor, int[] prompt, List<TokenLogprob> scores) {
    // all others weigh less than 1e-40
    double logSum = Math.log(Math.exp(FakeExecutor.BEST) + Math.exp(FakeExecutor.SECOND));
    assertEquals(prompt.length - 1, scores.size());
    for (int i = 1; i < prompt.length; i++) {
      float logit =
          switch (i % 3) {
            case 0 -> FakeExecutor.BEST;
            case 1 -> FakeExecutor.SECOND;
            default -> FakeExecutor.OTHER;
          };
      assertEquals(prompt[i], scores.get(i - 1).token());
      assertEquals(logit - logSum, scores.get(i - 1).logprob(), 1e-6, "token " + i);
    }
  }

  @Test
  void anEngineWhoseStepsCouldFitNoBufferIsRefused() {
    int running = 4097;
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(
                8192, EngineConfig.logitRowsPerStep(VOCAB, running), running, 16, 50, 1000),
            1000,
            8192,
            100_000);
    EngineException e = assertThrows(EngineException.class, () -> config.checkLogits(VOCAB));
    assertEquals("engine.step_too_large", e.code());
  }
}
