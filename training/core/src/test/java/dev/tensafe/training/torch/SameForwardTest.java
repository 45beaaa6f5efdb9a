package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.Shared;
import dev.tensafe.training.data.Example;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.RowBuilder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The training pass gives the logits that serving gives, for packed examples too. */
class SameForwardTest {
  private static final double TOLERANCE = 2e-4;

  @TempDir private Path dir;

  private static ObjectNode shape(String architecture) {
    ObjectNode shape = SyntheticModel.llama(32, 48, 3, 4, 2, 300, 128);
    shape.putArray("architectures").add(architecture);
    return shape;
  }

  @Test
  void ofLlama() throws Exception {
    synthetic(shape("LlamaForCausalLM"));
  }

  @Test
  void ofMistralWithAWindow() throws Exception {
    synthetic(shape("MistralForCausalLM").put("sliding_window", 7));
  }

  @Test
  void ofQwen2() throws Exception {
    synthetic(shape("Qwen2ForCausalLM").put("tie_word_embeddings", false));
  }

  @Test
  void ofQwen3() throws Exception {
    synthetic(shape("Qwen3ForCausalLM").put("head_dim", 16));
  }

  @Test
  void ofLlamaWithScaledRotation() throws Exception {
    ObjectNode shape = shape("LlamaForCausalLM");
    shape.putObject("rope_scaling").put("rope_type", "linear").put("factor", 4.0);
    synthetic(shape);
  }

  @Test
  void ofARealModel() {
    Path model = Shared.path("models/stories260K-hf-f32");
    check(model);
  }

  private void synthetic(ObjectNode shape) throws Exception {
    SyntheticModel.write(dir.resolve("model"), shape, DType.F32, 3);
    check(dir.resolve("model"));
  }

  private static void check(Path directory) {
    long seed = new Random().nextLong();
    System.out.println("SameForwardTest seed " + seed);
    Random random = new Random(seed);
    try (ModelFiles files = ModelFiles.open(directory, Clock.systemUTC());
        ModelExecutor serving =
            new NativeExecutorFactory()
                .create(
                    files.config(),
                    files.checkpoint(),
                    new ExecutorOptions(ExecutorOptions.Format.F32, 1));
        TrainableModel training =
            TrainableModel.open(
                files.config(),
                new CheckpointWeights(files.checkpoint()),
                Precision.F32,
                new Adaptation.Given(Optional.empty()),
                1)) {
      serving.allocateCache(8);
      List<Example> examples = new ArrayList<>();
      for (int length : new int[] {21, 5, 30, 1, 17}) {
        int[] tokens = random.ints(length, 0, files.config().vocabSize()).toArray();
        examples.add(new Example(tokens, new boolean[length]));
      }
      // packed as 21 + 5 + 1 and 30 and 17: one row is shorter than the others
      MicroBatch batch = MicroBatch.of(new RowBuilder(32, true).rows(examples));
      int vocab = files.config().vocabSize();
      float[] all =
          training.logits(
              batch, IntStream.range(0, batch.rows() * batch.length()).asLongStream().toArray());
      int compared = 0;
      for (Example example : examples) {
        float[] want = served(serving, example.tokens(), vocab);
        int at = find(batch, example.tokens());
        for (int i = 0; i < want.length; i++) {
          assertEquals(want[i], all[at * vocab + i], TOLERANCE, "logit " + i);
          compared++;
        }
      }
      assertEquals((21 + 5 + 30 + 1 + 17) * vocab, compared);
    }
  }

  /** Where a row holds these tokens from position 0 on. */
  private static int find(MicroBatch batch, int[] tokens) {
    for (int at = 0; at + tokens.length <= batch.tokens().length; at++) {
      int from = at;
      boolean here =
          IntStream.range(0, tokens.length)
              .allMatch(
                  i ->
                      batch.tokens()[from + i] == tokens[i]
                          && batch.positions()[from + i] == i
                          && batch.segments()[from + i] >= 0);
      if (here) {
        return at;
      }
    }
    throw new AssertionError("the example is in no row");
  }

  private static float[] served(ModelExecutor executor, int[] tokens, int vocab) {
    int[] blocks =
        IntStream.range(
                0, (tokens.length + ModelExecutor.BLOCK_SIZE - 1) / ModelExecutor.BLOCK_SIZE)
            .toArray();
    ForwardResult result =
        executor.forward(
            new ForwardBatch(
                List.of(
                    new SequenceInput(
                        1,
                        "",
                        SequenceInput.BASE,
                        tokens,
                        0,
                        tokens.length,
                        blocks,
                        SequenceInput.LogitRows.ALL))),
            List.of());
    float[] out = new float[tokens.length * vocab];
    float[] row = new float[vocab];
    for (int i = 0; i < tokens.length; i++) {
      result.row(result.firstRow()[0] + i).get(row);
      System.arraycopy(row, 0, out, i * vocab, vocab);
    }
    return out;
  }
}
