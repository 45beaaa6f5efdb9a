package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepListenerTest {
  @Test
  void everyStepIsReportedWithItsPlanAndWhatItsTimeWentOn(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    AtomicLong now = new AtomicLong();
    FakeExecutor executor = new FakeExecutor(300);
    executor.before = batch -> now.addAndGet(1000L * batch.tokenCount());
    EngineConfig config =
        new EngineConfig(new SchedulerConfig(64, 64, 8, 16, 50, 1000), 64, 512, 100_000);
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      EngineCore core =
          new EngineCore(config, executor, List.of(), tokenizer, now::get, s -> now.addAndGet(10));
      List<StepReport> reports = new ArrayList<>();
      core.addListener(
          report -> {
            throw new IllegalStateException("a listener's bug harms nobody");
          });
      core.addListener(reports::add);
      Recorder slow =
          new Recorder() {
            @Override
            public synchronized void onOutput(Output output) {
              now.addAndGet(7);
            }
          };
      core.add(
          1, GenerationRequest.of(new int[] {1, 2}, SamplingParams.greedy(2)).build(), slow, 0);
      core.add(2, GenerationRequest.of(new int[] {1}, SamplingParams.greedy(1)).build(), slow, 0);
      core.step();
      core.step();
      core.step(); // nothing to do: no step
      assertEquals(2, reports.size());
      StepReport first = reports.get(0);
      assertEquals(2, first.sequences());
      assertEquals(3, first.tokens());
      assertEquals(20, first.nanos(StepReport.Phase.SCHEDULE));
      assertEquals(3000, first.nanos(StepReport.Phase.FORWARD));
      assertEquals(0, first.nanos(StepReport.Phase.SAMPLE));
      assertEquals(14, first.nanos(StepReport.Phase.REPORT));
      assertEquals(3034, first.totalNanos());
      StepReport second = reports.get(1);
      assertEquals(1, second.tokens());
      assertEquals(1000, second.nanos(StepReport.Phase.FORWARD));
      assertEquals(7, second.nanos(StepReport.Phase.REPORT));
      assertEquals(2, core.status().internalErrors());
    }
  }
}
