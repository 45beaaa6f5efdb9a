package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.testkit.Shared;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.Row;
import dev.tensafe.training.run.ModelEvaluation;
import dev.tensafe.training.run.RunConfigReader;
import dev.tensafe.training.run.RunListener;
import dev.tensafe.training.run.TrainingRun;
import dev.tensafe.training.torch.TrainableModel;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A LoRA trained here on a real model and a text of our own: it predicts unseen text of the kind
 * better, and then gives over HTTP, packed and uploaded, what it gave in training.
 */
class TrainedAdapterTest {
  private static final int LENGTH = 24;

  @TempDir private Path dir;

  /** Notices of a harbour office. */
  private Path notices(String name, int count, long seed) throws Exception {
    Random random = new Random(seed);
    String[] day = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    String[] ship = {"the grey barge", "the mail boat", "a timber ship", "the pilot boat"};
    String[] event = {"waited for the tide", "left the north pier", "took on coal", "was repaired"};
    String[] wind = {"the wind was from the west", "fog lay on the river", "the water stood high"};
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"text\": \"On ").append(day[random.nextInt(6)]).append(' ');
      lines.append(ship[random.nextInt(4)]).append(' ').append(event[random.nextInt(4)]);
      lines.append(" at ").append(1 + random.nextInt(12)).append(" o'clock, and ");
      lines.append(wind[random.nextInt(3)]).append(".\"}\n");
    }
    return Files.writeString(dir.resolve(name), lines);
  }

  @Test
  void itLearnsAndServesWithTheSameNumbers() throws Exception {
    Path model = Shared.path("models/stories260K-hf-f32");
    Path train = notices("train.jsonl", 400, 1);
    Path heldOut = notices("held-out.jsonl", 40, 2);
    Path adapter = dir.resolve("harbour");
    Path config = dir.resolve("run.yaml");
    Files.writeString(
        config,
        """
        output: %s
        model: %s
        train: %s
        validation: %s
        lora: {rank: 8, alpha: 16, rslora: true}
        learning-rate: {peak: 5e-3, warm-up-steps: 10}
        sequence-length: 96
        micro-batch: 8
        steps: 120
        threads: 1
        """
            .formatted(adapter, model, train, heldOut));
    new TrainingRun(RunConfigReader.read(config), new RunListener() {}, () -> false).run();
    double before = ModelEvaluation.loss(model, Optional.empty(), heldOut, 96, 1).nats();
    double after = ModelEvaluation.loss(model, Optional.of(adapter), heldOut, 96, 1).nats();
    System.out.println("held-out loss " + before + " before, " + after + " after");
    assertTrue(after < before / 3, after + " after " + before);

    AdapterOwner owner = new AdapterOwner(dir.resolve("owner"), model);
    try (TestServer server =
        TestServer.withAdapters(
            model, null, new TestServer.Adapters(dir.resolve("store"), owner, 1 << 20, 64))) {
      assertEquals(201, server.upload(owner.pack("harbour", 1, adapter)).statusCode());
      int[] prompt = server.files.tokenizer().encode("On Friday the mail boat", true);
      ObjectNode body = new ObjectMapper().createObjectNode();
      body.put("model", "harbour").put("temperature", 0).put("logprobs", 1);
      body.put("max_tokens", LENGTH);
      Arrays.stream(prompt).forEach(body.putArray("prompt")::add);
      HttpResponse<String> response = server.post("/v1/completions", body.toString());
      assertEquals(200, response.statusCode(), response.body());
      JsonNode choice = new ObjectMapper().readTree(response.body()).at("/choices/0");
      JsonNode logprobs = choice.at("/logprobs/token_logprobs");
      assertEquals(LENGTH, logprobs.size());
      List<Double> trained =
          ModelEvaluation.with(
              model, Optional.of(adapter), 1, (files, weights) -> greedy(weights, prompt));
      for (int i = 0; i < LENGTH; i++) {
        assertEquals(trained.get(i), logprobs.get(i).doubleValue(), 1e-3, "token " + i);
      }
      System.out.println("On Friday the mail boat" + choice.path("text").asText());
    }
  }

  /** Log-probabilities of the likeliest tokens, one after the other, by the training pass. */
  private static List<Double> greedy(TrainableModel model, int[] prompt) {
    int[] tokens = prompt;
    Double[] out = new Double[LENGTH];
    for (int n = 0; n < LENGTH; n++) {
      int[] labels = new int[tokens.length];
      Arrays.fill(labels, Row.IGNORED);
      int[] positions = new int[tokens.length];
      Arrays.setAll(positions, i -> i);
      MicroBatch batch =
          MicroBatch.of(List.of(new Row(tokens, labels, positions, new int[tokens.length])));
      float[] logits = model.logits(batch, new long[] {tokens.length - 1});
      int best = 0;
      double sum = 0;
      for (int t = 1; t < logits.length; t++) {
        best = logits[t] > logits[best] ? t : best;
      }
      for (float logit : logits) {
        sum += Math.exp(logit - logits[best]);
      }
      out[n] = -Math.log(sum);
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = best;
    }
    return List.of(out);
  }
}
