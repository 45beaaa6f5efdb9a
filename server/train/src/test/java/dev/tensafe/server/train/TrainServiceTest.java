package dev.tensafe.server.train;

import static dev.tensafe.server.train.TrainCalls.json;
import static dev.tensafe.server.train.TrainCalls.pass;
import static dev.tensafe.server.train.TrainCalls.step;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model's life over the wire: trained, sampled, saved, put back, on the real tiny model. */
class TrainServiceTest {
  private static final int[][] TEXTS = {
    {1, 410, 263, 361, 420, 399, 310, 399, 267, 300, 432},
    {1, 403, 407, 261, 378, 286, 399, 267, 300, 432, 410, 263}
  };

  @TempDir Path state;

  private static final ObjectNode LORA =
      json("{'lora_config': {'rank': 8}, 'tensafe': {'alpha': 16, 'seed': 7}}");

  private static double loss(JsonNode pass) {
    return pass.path("metrics").path("loss:sum").asDouble();
  }

  @Test
  void lossFallsAndSamplesSayWhatWasTaught() {
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      String model = calls.model(calls.session(), 0, LORA);
      List<Double> losses = new ArrayList<>();
      int sequence = 1;
      for (int i = 0; i < 20; i++) {
        losses.add(loss(calls.done("forward_backward", pass(model, sequence++, TEXTS))));
        calls.done("optim_step", step(model, sequence++, 1e-2));
      }
      assertTrue(losses.get(19) < losses.get(0) / 4, () -> "losses " + losses);

      JsonNode published =
          calls.done(
              "save_weights_for_sampler",
              json("{'path': 'taught'}").put("model_id", model).put("seq_id", sequence++));
      String path = published.path("path").asText();
      assertEquals("tinker://" + model + "/sampler_weights/taught", path);
      ObjectNode ask =
          json(
              "{'num_samples': 1, 'prompt': {'chunks': [{'tokens': [1, 410, 263], 'type':"
                  + " 'encoded_text'}]}, 'sampling_params': {'max_tokens': 8, 'temperature': 0}}");
      JsonNode taught =
          calls.done("asample", ask.deepCopy().put("model_path", path)).path("sequences").get(0);
      assertEquals(
          "[361,420,399,310,399,267,300,432]", taught.path("tokens").toString(), "what was taught");
      assertEquals(8, taught.path("logprobs").size());
      JsonNode base =
          calls.done("asample", ask.deepCopy().put("base_model", "tiny")).path("sequences").get(0);
      assertNotEquals(taught.path("tokens"), base.path("tokens"));

      // the serving engine gives the log-probabilities that training gave
      ObjectNode forward = pass(model, sequence++, TEXTS[0]).put("forward_only", true);
      JsonNode trained =
          calls
              .done("forward_backward", forward)
              .path("loss_fn_outputs")
              .get(0)
              .path("logprobs")
              .path("data");
      ObjectNode score =
          json("{'num_samples': 1, 'prompt_logprobs': true, 'sampling_params': {'max_tokens': 1}}")
              .put("model_path", path);
      var tokens = score.putObject("prompt").putArray("chunks").addObject().putArray("tokens");
      for (int token : TEXTS[0]) {
        tokens.add(token);
      }
      JsonNode served = calls.done("asample", score).path("prompt_logprobs");
      assertEquals(TEXTS[0].length, served.size());
      for (int i = 1; i < served.size(); i++) {
        assertEquals(trained.get(i - 1).asDouble(), served.get(i).asDouble(), 1e-3, "token " + i);
      }
    }
  }

  @Test
  void checkpointsPutAModelBackExactly() {
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      String model = calls.model(calls.session(), 0, LORA);
      calls.done("forward_backward", pass(model, 1, TEXTS));
      calls.done("optim_step", step(model, 2, 1e-2));
      String path =
          calls
              .done(
                  "save_weights", json("{'path': 'first'}").put("model_id", model).put("seq_id", 3))
              .path("path")
              .asText();
      List<Double> once = go(calls, model, 4);
      JsonNode loaded =
          calls.done(
              "load_weights",
              json("{'optimizer': true}")
                  .put("path", path)
                  .put("model_id", model)
                  .put("seq_id", 10));
      assertEquals(1, loaded.path("tensafe").path("step").asLong());
      assertEquals(once, go(calls, model, 11), "the same bits after loading");
    }
  }

  private static List<Double> go(TrainCalls calls, String model, int from) {
    List<Double> out = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      out.add(loss(calls.done("forward_backward", pass(model, from + 2 * i, TEXTS))));
      calls.done("optim_step", step(model, from + 2 * i + 1, 1e-2));
    }
    return out;
  }

  @Test
  void aRestartLosesNothing() {
    String model;
    List<Double> expected;
    try (TrainServer server =
        TrainServers.start(TrainServers.settings(state.resolve("a"), null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      model = calls.model(calls.session(), 0, LORA);
      expected = new ArrayList<>(go(calls, model, 1));
      expected.addAll(go(calls, model, 7));
    }
    List<Double> got;
    String waiting;
    try (TrainServer server =
        TrainServers.start(TrainServers.settings(state.resolve("b"), null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      model = calls.model(calls.session(), 0, LORA);
      got = new ArrayList<>(go(calls, model, 1));
      waiting = calls.ok("forward_backward", pass(model, 7, TEXTS)).path("request_id").asText();
    }
    try (TrainServer server =
        TrainServers.start(TrainServers.settings(state.resolve("b"), null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      got.add(loss(calls.result(waiting)));
      calls.done("optim_step", step(model, 8, 1e-2));
      got.addAll(go(calls, model, 9).subList(0, 2));
      assertEquals(expected, got, "the same bits over a restart");
    }
  }
}
