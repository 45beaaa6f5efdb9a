package dev.tensafe.server.train;

import static dev.tensafe.server.train.TrainCalls.json;
import static dev.tensafe.server.train.TrainCalls.pass;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.privacy.RdpAccountant;
import dev.tensafe.privacy.SampledGaussian;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Budgets of data sets over the wire: what is spent, refused and never given back. */
class PrivateModelTest {
  private static final int[] TEXT = {1, 410, 263, 361, 420, 399, 310};
  private static final double NOISE = 2;

  @TempDir Path state;

  private static ObjectNode settings(String dataSet, double targetEpsilon) {
    ObjectNode more = json("{'lora_config': {'rank': 4}, 'tensafe': {'batch_size': 4}}");
    ((ObjectNode) more.path("tensafe"))
        .putObject("dp")
        .put("data_set", dataSet)
        .put("noise_multiplier", NOISE)
        .put("max_grad_norm", 1.0)
        .put("target_epsilon", targetEpsilon)
        .put("target_delta", 1e-5);
    return more;
  }

  private static double epsilon(double rate, long steps) {
    return new RdpAccountant().epsilon(List.of(new SampledGaussian(rate, NOISE, steps)), 1e-5);
  }

  private static ObjectNode noisy(String model, int sequence) {
    ObjectNode step = TrainCalls.step(model, sequence, 1e-3);
    step.putObject("tensafe").put("apply_dp_noise", true);
    return step;
  }

  private static JsonNode tried(TrainCalls calls, String path, ObjectNode body) {
    return calls.result(calls.ok(path, body).path("request_id").asText());
  }

  @Test
  void theBudgetBelongsToTheDataSet() {
    // two steps fit, three do not
    double target = (epsilon(1, 2) + epsilon(1, 3)) / 2;
    String first;
    String saved;
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      String session = calls.session();
      first = calls.model(session, 0, settings("clinic", target));
      saved =
          calls
              .done("save_weights", json("{'path': 'new'}").put("model_id", first).put("seq_id", 1))
              .path("path")
              .asText();
      calls.done("forward_backward", pass(first, 2, TEXT));
      JsonNode one = calls.done("optim_step", noisy(first, 3)).path("tensafe").path("dp_metrics");
      assertEquals(epsilon(1, 1), one.path("epsilon_spent").asDouble(), 1e-9);
      assertEquals(1.0, one.path("sampling_rate").asDouble(), "the caller chose the batch");
      // an older state does not bring budget back
      calls.done(
          "load_weights",
          json("{'optimizer': true}").put("path", saved).put("model_id", first).put("seq_id", 4));
      ObjectNode bare = TrainCalls.step(first, 5, 1e-3);
      bare.putObject("tensafe").put("apply_dp_noise", false);
      assertEquals(
          "tuning.step_without_noise", tried(calls, "optim_step", bare).path("code").asText());
    }
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      calls.done("forward_backward", pass(first, 6, TEXT));
      JsonNode two = calls.done("optim_step", noisy(first, 7)).path("tensafe").path("dp_metrics");
      assertEquals(epsilon(1, 2), two.path("epsilon_spent").asDouble(), 1e-9, "over a restart");
      // another model on the same data has the same budget
      String second = calls.model(calls.session(), 0, settings("clinic", target));
      calls.done("forward_backward", pass(second, 1, TEXT));
      JsonNode refused = tried(calls, "optim_step", noisy(second, 2));
      assertEquals("privacy.budget_exhausted", refused.path("code").asText());
      assertEquals("user", refused.path("category").asText());
      JsonNode after = calls.ok("tensafe/dp_metrics", json("{}").put("model_id", second));
      assertEquals(epsilon(1, 2), after.path("epsilon_spent").asDouble(), 1e-9, "nothing charged");
      // other data has its own
      String third = calls.model(calls.session(), 1, settings("other", target));
      calls.done("forward_backward", pass(third, 1, TEXT));
      calls.done("optim_step", noisy(third, 2));
      String metrics = calls.get("/metrics").body().asText();
      assertTrue(
          metrics.contains("tensafe_privacy_budget_epsilon{data_set=\"clinic\",tenant=\"-\"} "),
          metrics);
      JsonNode report = calls.ok("tensafe/privacy_report", json("{}").put("model_id", first));
      assertEquals("clinic", report.path("data_set").asText());
      assertEquals("chosen_by_client", report.path("sampling").asText());
      assertEquals(epsilon(1, 2), report.at("/all_runs/epsilon_rdp").asDouble(), 1e-9);
      double prv = report.at("/run/epsilon_prv").asDouble();
      assertTrue(prv > 0 && prv <= report.at("/run/epsilon_rdp").asDouble(), report::toString);
      assertTrue(report.path("not_covered").size() > 3);
    }
  }

  @Test
  void aStepThatIsRefusedCostsNothing() {
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      ObjectNode more = settings("few", 1e3);
      ((ObjectNode) more.path("tensafe")).put("max_steps", 1);
      String model = calls.model(calls.session(), 0, more);
      calls.done("forward_backward", pass(model, 1, TEXT));
      calls.done("optim_step", noisy(model, 2));
      assertEquals(
          "tuning.max_steps", tried(calls, "optim_step", noisy(model, 3)).path("code").asText());
      JsonNode spent = calls.ok("tensafe/dp_metrics", json("{}").put("model_id", model));
      assertEquals(1, spent.path("steps").asInt());
    }
  }

  @Test
  void noiseIsAddedAndDiffers() {
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      String session = calls.session();
      double[] losses = new double[2];
      for (int i = 0; i < 2; i++) {
        String model = calls.model(session, i, settings("set" + i, 1e3));
        calls.done("forward_backward", pass(model, 1, TEXT));
        calls.done("optim_step", noisy(model, 2));
        losses[i] =
            calls.done("forward", pass(model, 3, TEXT)).path("metrics").path("loss:sum").asDouble();
      }
      assertNotEquals(losses[0], losses[1], "equal models, another noise");
    }
  }

  @Test
  void theServiceDrawsFromWhatItHolds() {
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, null))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      ObjectNode more = settings("held", 50);
      ((ObjectNode) more.at("/tensafe/dp")).put("sampling_rate", 0.25).put("expected_batch", 8);
      String model = calls.model(calls.session(), 0, more);
      assertEquals(
          "tuning.no_data_set",
          tried(calls, "tensafe/sampled_forward_backward", draw(model, 1)).path("code").asText());
      int[][] texts = new int[32][];
      for (int i = 0; i < texts.length; i++) {
        texts[i] = new int[] {1, 10 + i, 263, 361, 420, 399};
      }
      ObjectNode append = json("{'data_set': 'held', 'from': 0}");
      append.set("data", pass(model, 0, texts).at("/forward_backward_input/data"));
      assertEquals(32, calls.ok("tensafe/data_sets", append).path("examples").asInt());
      assertEquals(32, calls.ok("tensafe/data_sets", append).path("examples").asInt(), "once");
      JsonNode pass = calls.done("tensafe/sampled_forward_backward", draw(model, 2));
      assertEquals(0, pass.path("loss_fn_outputs").size(), "who was drawn is not told");
      assertEquals(0, pass.path("metrics").size());
      JsonNode spent = calls.done("optim_step", noisy(model, 3)).path("tensafe").path("dp_metrics");
      assertEquals(epsilon(0.25, 1), spent.path("epsilon_spent").asDouble(), 1e-9);
      assertTrue(spent.path("epsilon_spent").asDouble() < epsilon(1, 1), "sampling amplifies");
      assertEquals(
          "tuning.batch_is_drawn",
          tried(calls, "forward_backward", pass(model, 4, TEXT)).path("code").asText());
      ObjectNode late = append.deepCopy().put("from", 32);
      assertEquals("tuning.data_set_sealed", calls.post("tensafe/data_sets", late).code());
    }
  }

  private static ObjectNode draw(String model, int sequence) {
    return json("{'loss_fn': 'cross_entropy'}").put("model_id", model).put("seq_id", sequence);
  }
}
