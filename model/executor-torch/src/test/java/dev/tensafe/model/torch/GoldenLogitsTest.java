package dev.tensafe.model.torch;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.NONE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.testkit.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Logits and greedy tokens of a real pretrained model against Hugging Face's, float32. */
class GoldenLogitsTest {
  private static final double TOLERANCE = 1e-3;

  @ParameterizedTest
  @CsvSource({
    "stories260K-f32,stories260K-hf-f32,1,1000",
    "stories260K-f32,stories260K-hf-f32,1,3",
    "stories260K-f32,stories260K-hf-f32,32,1000",
    "stories260K-f32,stories260K-hf-f32,32,5",
    "stories260K-bf16,stories260K-hf-bf16,1,1000",
    "stories260K-bf16,stories260K-hf-bf16,32,7",
  })
  void logitsAndGreedyTokensAgreeAloneInABatchAndInChunks(
      String golden, String model, int batch, int chunk) throws IOException {
    JsonNode cases = Shared.json("golden/" + golden + ".json").path("cases");
    Path dir = Shared.path("models/" + model);
    try (Checkpoint checkpoint = Checkpoint.open(dir);
        TorchExecutor executor =
            TorchExecutor.load(ModelConfigReader.read(dir), checkpoint, ComputeType.F32, 2)) {
      int blocksEach = 32;
      executor.allocateCache(batch * blocksEach);
      for (int from = 0; from < Math.max(batch, cases.size()); from += batch) {
        List<Run> runs = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
          int[] blocks = IntStream.range(i * blocksEach, (i + 1) * blocksEach).toArray();
          // scattered and reversed: a block table is not a range
          int[] reversed =
              IntStream.range(0, blocksEach).map(b -> blocks[blocksEach - 1 - b]).toArray();
          runs.add(new Run(i, cases.get((from + i) % cases.size()), reversed));
        }
        boolean more = true;
        while (more) {
          more = step(executor, runs, chunk);
        }
        runs.forEach(Run::check);
      }
    }
  }

  private static boolean step(TorchExecutor executor, List<Run> runs, int chunk) {
    List<Run> active = runs.stream().filter(r -> !r.done()).toList();
    if (active.isEmpty()) {
      return false;
    }
    List<SequenceInput> inputs = active.stream().map(r -> r.next(chunk)).toList();
    ForwardResult result = executor.forward(new ForwardBatch(inputs), List.of());
    for (int i = 0; i < active.size(); i++) {
      if (inputs.get(i).logits() == LAST) {
        float[] row = new float[result.vocabSize()];
        result.copyRow(result.firstRow()[i], row);
        active.get(i).accept(row);
      }
    }
    return true;
  }

  private static final class Run {
    private final int id;
    private final JsonNode expected;
    private final int[] blocks;
    private final int promptLength;
    private final List<Integer> tokens = new ArrayList<>();
    private int computed;

    Run(int id, JsonNode expected, int[] blocks) {
      this.id = id;
      this.expected = expected;
      this.blocks = blocks;
      expected.path("prompt_ids").forEach(t -> tokens.add(t.intValue()));
      promptLength = tokens.size();
    }

    boolean done() {
      return tokens.size() - promptLength >= expected.path("greedy_ids").size();
    }

    SequenceInput next(int chunk) {
      int n = Math.min(chunk, tokens.size() - computed);
      int[] run =
          tokens.subList(computed, computed + n).stream().mapToInt(Integer::intValue).toArray();
      int start = computed;
      computed += n;
      return new SequenceInput(
          id,
          "",
          SequenceInput.BASE,
          run,
          start,
          promptLength,
          blocks,
          computed == tokens.size() ? LAST : NONE);
    }

    void accept(float[] logits) {
      if (tokens.size() == promptLength) {
        for (JsonNode pair : expected.path("first_logits_top20")) {
          assertEquals(pair.get(1).doubleValue(), logits[pair.get(0).intValue()], TOLERANCE);
        }
      }
      int best = 0;
      for (int i = 1; i < logits.length; i++) {
        best = logits[i] > logits[best] ? i : best;
      }
      double sum = 0;
      for (float logit : logits) {
        sum += Math.exp(logit - logits[best]);
      }
      JsonNode logprob = expected.path("greedy_logprobs").get(tokens.size() - promptLength);
      if (logprob != null) {
        assertEquals(logprob.doubleValue(), -Math.log(sum), TOLERANCE);
      }
      tokens.add(best);
    }

    void check() {
      int[] want = new int[expected.path("greedy_ids").size()];
      Arrays.setAll(want, i -> expected.path("greedy_ids").get(i).intValue());
      assertEquals(
          Arrays.toString(want),
          tokens.subList(promptLength, tokens.size()).toString(),
          expected.path("finish_reason").asText());
    }
  }
}
