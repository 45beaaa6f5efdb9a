package dev.tensafe.server.train;

import static dev.tensafe.server.train.TrainCalls.json;
import static dev.tensafe.server.train.TrainCalls.pass;
import static dev.tensafe.server.train.TrainCalls.step;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.server.assembly.AdapterSettings;
import dev.tensafe.server.assembly.AdapterSource;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.EncryptedSettings;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.assembly.PrefixSettings;
import dev.tensafe.server.assembly.ServerAssembly;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.server.assembly.SpeculationSettings;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.ScryptCost;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.DigestCache;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An adapter that was trained here is packed for its owner, uploaded to another server, and gives
 * there the log-probabilities that training gave.
 */
class ServedElsewhereTest {
  private static final int[] TEXT = {1, 410, 263, 361, 420, 399, 310, 399, 267, 300, 432};

  @TempDir Path directory;

  @Test
  void anotherServerGivesTheSameLogProbabilities() throws Exception {
    SecureRandom random = new SecureRandom();
    Path recipients = Files.createDirectory(directory.resolve("recipients"));
    RecipientKey host = RecipientKey.generate(random);
    PrivateKeyFile.write(recipients.resolve("default"), host, null, ScryptCost.DEFAULT, random);
    Path state = directory.resolve("state");
    byte[] upload;
    JsonNode trained;
    try (TrainServer server = TrainServers.start(TrainServers.settings(state, null, recipients))) {
      TrainCalls calls = new TrainCalls(server.listen(), null);
      String model =
          calls.model(
              calls.session(), 0, json("{'lora_config': {'rank': 8}, 'tensafe': {'seed': 5}}"));
      for (int i = 0; i < 8; i++) {
        calls.done("forward_backward", pass(model, 2 * i + 1, TEXT));
        calls.done("optim_step", step(model, 2 * i + 2, 1e-2));
      }
      trained = calls.done("forward", pass(model, 17, TEXT)).at("/loss_fn_outputs/0/logprobs/data");
      calls.done(
          "save_weights_for_sampler",
          json("{'path': 'done'}").put("model_id", model).put("seq_id", 18));
      upload =
          calls.bytes(
              "/api/v1/training_runs/" + model + "/checkpoints/sampler_weights/done/archive");
    }
    Path trust = directory.resolve("trust");
    Files.createDirectory(trust);
    new TrustDirectory(trust)
        .add(
            new TrustedKey(
                "trainer",
                PublicKeyFile.readSigning(state.resolve("keys").resolve("signing.pub")),
                Set.of(Role.ISSUER),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                0));
    try (ServerAssembly other = other(trust, host)) {
      String url = other.listen();
      HttpClient http = HttpClient.newHttpClient();
      String registered = send(http, url + "/v1/adapters", "application/octet-stream", upload);
      String name = TrainCalls.MAPPER.readTree(registered).path("id").asText();
      List<Double> served = served(http, url, name);
      assertEquals(trained.size(), served.size());
      for (int i = 0; i < served.size(); i++) {
        assertEquals(trained.get(i).asDouble(), served.get(i), 1e-3, "token " + (i + 1));
      }
      assertNotEquals(served(http, url, "tiny"), served, "the adapter makes a difference");
    }
  }

  private static List<Double> served(HttpClient http, String url, String model) throws Exception {
    ObjectNode ask = json("{'max_tokens': 1, 'echo': true, 'logprobs': 0}").put("model", model);
    ArrayNode prompt = ask.putArray("prompt");
    for (int token : TEXT) {
      prompt.add(token);
    }
    String answer =
        send(http, url + "/v1/completions", "application/json", ask.toString().getBytes(UTF_8));
    JsonNode all = TrainCalls.MAPPER.readTree(answer).at("/choices/0/logprobs/token_logprobs");
    List<Double> out = new ArrayList<>();
    for (int i = 1; i < TEXT.length; i++) {
      out.add(all.get(i).asDouble());
    }
    return out;
  }

  private static String send(HttpClient http, String url, String type, byte[] body)
      throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create(url))
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new AssertionError(url + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  private ServerAssembly other(Path trust, RecipientKey host) {
    TrainSettings like = TrainServers.settings(directory, null, null);
    AdapterSource source = new AdapterSource.Operated(directory.resolve("adapters"), trust, host);
    return ServerAssembly.load(
        new ServerSettings(
            like.model(),
            like.http(),
            "native",
            new ExecutorOptions(ExecutorOptions.Format.F32, 1),
            new CacheSizing(32, OptionalInt.empty(), 16, 128, 48, 65_536),
            PrefixSettings.OFF,
            SpeculationSettings.OFF,
            Optional.of(
                new AdapterSettings(
                    () -> source, DigestCache.none(), 64L << 20, EncryptedSettings.embedded())),
            Optional.empty(),
            Optional.empty()),
        InstalledExecutors.all(),
        Ticker.system(),
        Clock.systemUTC());
  }
}
