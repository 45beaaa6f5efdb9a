package dev.tensafe.bench.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepLoadTest {
  @TempDir private static Path directory;

  // hidden 8, intermediate 12, 2 layers, 2 heads of 4 over 1, vocabulary 300
  private static ModelConfig config;

  @BeforeAll
  static void makeModel() throws Exception {
    SyntheticModel.write(directory, SyntheticModel.llama(8, 12, 2, 2, 1, 300, 64), DType.F32, 1);
    config = ModelConfigReader.read(directory);
  }

  @Test
  void multiplyAddsAreThoseCountedByHand() {
    // q 8·8, k and v 8·4, o 8·8, gate, up and down 8·12
    double projections = 2 * (64 + 2 * 32 + 64 + 3 * 96);
    double head = 300 * 8;
    // scores and values over 8 numbers of a query, positions 0 … 5
    double decode = projections + head + 2 * 2 * 8 * 6;
    assertEquals(3 * decode, StepLoad.decode(3, 5).multiplyAdds(config));
    double attention = 2 * 2 * 8 * IntStream.rangeClosed(1, 6).sum();
    assertEquals(6 * projections + head + attention, StepLoad.prefill(6).multiplyAdds(config));
  }

  @Test
  void sequencesHaveBlocksOfTheirOwnThatHoldAllPositions() {
    StepLoad load = StepLoad.decode(3, 16);
    ForwardBatch batch = load.batch(300);
    assertEquals(3, batch.tokenCount());
    assertEquals(3, batch.logitRowCount());
    List<Integer> blocks =
        batch.sequences().stream().flatMap(s -> IntStream.of(s.blocks()).boxed()).toList();
    assertEquals(List.of(0, 1, 2, 3, 4, 5), blocks);
    ForwardBatch before = load.before(2, 300);
    assertEquals(16, before.tokenCount());
    assertEquals(0, before.logitRowCount());
    assertEquals(4, before.sequences().get(0).blocks()[0]);
  }

  @Test
  void labelsSayWhatRuns() {
    assertEquals("decode 32", StepLoad.decode(32, 128).label());
    assertEquals("prefill 512", StepLoad.prefill(512).label());
  }
}
