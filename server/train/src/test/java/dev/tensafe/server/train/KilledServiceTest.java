package dev.tensafe.server.train;

import static dev.tensafe.server.train.TrainCalls.json;
import static dev.tensafe.server.train.TrainCalls.pass;
import static dev.tensafe.server.train.TrainCalls.step;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A service that is killed at any moment, with calls taken and not done, goes on as if nothing had
 * been: each call has its effect once, to the bit, and a private step has the same noise.
 */
class KilledServiceTest {
  private static final int STEPS = 10;
  private static final int[][] TEXTS = {
    {1, 410, 263, 361, 420, 399, 310, 399}, {1, 403, 407, 261, 378, 286}
  };

  @TempDir Path directory;

  @Test
  void everyCallHasItsEffectOnce() throws IOException {
    ObjectNode lora = json("{'lora_config': {'rank': 4}, 'tensafe': {'seed': 3, 'dropout': 0.1}}");
    List<Double> expected;
    try (TrainProcess whole = TrainProcess.start(directory.resolve("whole"))) {
      TrainCalls calls = whole.calls();
      String model = calls.model(calls.session(), 0, lora);
      expected = results(calls, submit(calls, model));
    }
    Path state = directory.resolve("killed");
    List<String> requests;
    try (TrainProcess first = TrainProcess.start(state)) {
      TrainCalls calls = first.calls();
      String model = calls.model(calls.session(), 0, lora);
      requests = submit(calls, model);
      // some are done, one is being done, the rest waits
      calls.result(requests.get(requests.size() / 3));
    }
    try (TrainProcess second = TrainProcess.start(state)) {
      second.calls().result(requests.get(2 * requests.size() / 3));
    }
    try (TrainProcess third = TrainProcess.start(state)) {
      assertEquals(expected, results(third.calls(), requests));
    }
  }

  private static List<String> submit(TrainCalls calls, String model) {
    List<String> requests = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      requests.add(
          calls.ok("forward_backward", pass(model, 2 * i, TEXTS)).path("request_id").asText());
      requests.add(
          calls.ok("optim_step", step(model, 2 * i + 1, 1e-2)).path("request_id").asText());
    }
    return requests;
  }

  private static List<Double> results(TrainCalls calls, List<String> requests) {
    List<Double> losses = new ArrayList<>();
    for (int i = 0; i < requests.size(); i += 2) {
      losses.add(calls.result(requests.get(i)).path("metrics").path("loss:sum").asDouble());
    }
    return losses;
  }

  @Test
  void aPrivateStepIsChargedOnceAndHasOneNoise() throws IOException {
    ObjectNode settings =
        json(
            "{'lora_config': {'rank': 4}, 'tensafe': {'batch_size': 2, 'dp': {'noise_multiplier': 1,"
                + " 'max_grad_norm': 1.0, 'data_set': 'd'}}}");
    double before;
    String model;
    try (TrainProcess first = TrainProcess.start(directory)) {
      TrainCalls calls = first.calls();
      model = calls.model(calls.session(), 0, settings);
      calls.done("forward_backward", pass(model, 0, TEXTS));
      calls.done("optim_step", step(model, 1, 1e-1));
      before = loss(calls, model, 2);
    }
    try (TrainProcess second = TrainProcess.start(directory)) {
      TrainCalls calls = second.calls();
      assertEquals(before, loss(calls, model, 3), "the weights that the first process had");
      assertEquals(
          1,
          calls.ok("tensafe/dp_metrics", json("{}").put("model_id", model)).path("steps").asInt());
    }
  }

  private static double loss(TrainCalls calls, String model, int sequence) {
    return calls
        .done("forward", pass(model, sequence, TEXTS))
        .path("metrics")
        .path("loss:sum")
        .asDouble();
  }
}
