package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.draft.DraftRequest;
import dev.tensafe.batching.draft.Drafter;
import dev.tensafe.batching.draft.ModelDrafter;
import dev.tensafe.batching.engine.Speculation;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.TruncatedModel;
import dev.tensafe.testkit.Shared;
import dev.tensafe.tssp.manifest.GuessPolicy;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guesses at the answers of an encrypted adapter: what is said, what is charged, who may forbid.
 */
class EncryptedGuessesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ADAPTER = "shakespeare-r8-qv";
  private static final int GUESSES = 5;

  @TempDir Path directory;
  private Path model;
  private AdapterOwner owner;

  @BeforeEach
  void open() {
    model = Shared.path("models/stories260K-hf-f32");
    owner = new AdapterOwner(directory.resolve("owner"), model);
  }

  private TestServer serve(HeSetup host, Drafter drafter, boolean allowed, Path in) {
    LinkConfig quick = HeSetup.quick(Profile.FAST, 30_000);
    LinkConfig link =
        new LinkConfig(
            quick.profile(),
            quick.timeoutMillis(),
            quick.connectMillis(),
            quick.retryMillis(),
            quick.maxRetryMillis(),
            quick.pingMillis(),
            quick.padBytes(),
            false,
            OptionalInt.empty(),
            allowed,
            false);
    return TestServer.speculating(
        model,
        new TestServer.Adapters(
            in.resolve("adapters"),
            owner,
            256 << 20,
            64,
            Optional.of(host.mode(link, null)),
            List.of()),
        new Speculation(drafter, new AllGuesses(GUESSES)));
  }

  private void upload(TestServer server, HeSetup host, Policy policy) throws Exception {
    Path file =
        owner.pack(
            "quiet",
            1,
            Shared.path("adapters/" + ADAPTER),
            model,
            Mode.HE,
            policy,
            owner.key,
            InstantSource.system());
    host.deliver(file);
    HttpResponse<String> response = server.upload(file);
    assertEquals(201, response.statusCode(), response.body());
  }

  private static JsonNode ask(TestServer server, JsonNode golden) throws Exception {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", "quiet").put("temperature", 0).put("ignore_eos", true);
    body.set("prompt", golden.path("prompt_ids"));
    body.put("max_tokens", golden.path("greedy_ids").size());
    HttpResponse<String> response = server.post("/v1/completions", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body());
  }

  private static long count(TestServer server, String metric) throws Exception {
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("vllm:spec_decode_num_" + metric + "_total{"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static long metered(HeSetup host) {
    return host.host.usage().stream().mapToLong(TokenMeter.Usage::tokens).sum();
  }

  /** Has nothing to say. */
  private static final class Silent implements Drafter {
    @Override
    public List<Draft> draft(List<DraftRequest> requests) {
      return requests.stream().map(r -> Draft.NONE).toList();
    }

    @Override
    public void ended(long sequence) {}

    @Override
    public void close() {}
  }

  private Drafter small(ModelFiles files) {
    ModelExecutor executor =
        new NativeExecutorFactory()
            .create(
                files.config(),
                files.checkpoint(),
                new ExecutorOptions(ExecutorOptions.Format.F32, 1));
    executor.allocateCache(64);
    return new ModelDrafter(executor, 64, 128, Set.of());
  }

  @Test
  void answersStayAndTheAdapterHostChargesRowsWhileTenantsPayForTokens() throws Exception {
    Path draft = directory.resolve("draft");
    TruncatedModel.write(model, draft, 4);
    try (ModelFiles files = ModelFiles.open(draft, Clock.systemUTC());
        HeSetup host = HeSetup.unix(owner, directory);
        TestServer server = serve(host, small(files), true, directory)) {
      upload(server, host, Policy.NONE);
      long rowsOfSteps = 0;
      long before = metered(host);
      int compared = 0;
      for (JsonNode c : Shared.json("golden/stories260K-f32+" + ADAPTER + ".json").path("cases")) {
        JsonNode answer = ask(server, c);
        int outputs = answer.at("/usage/completion_tokens").intValue();
        int prompt = answer.at("/usage/prompt_tokens").intValue();
        assertEquals(c.path("greedy_ids").size(), outputs);
        rowsOfSteps += prompt + outputs - 1;
        if (c.path("min_top1_gap").doubleValue() > 0.003) {
          assertEquals(GoldenText.of(server, c), answer.at("/choices/0/text").asText());
          compared++;
        }
      }
      long ran = count(server, "draft_tokens");
      long right = count(server, "accepted_tokens");
      System.out.println(right + " of " + ran + " guesses were right");
      assertTrue(compared > 2 && right > 20 && ran > right, right + " of " + ran);
      // each right guess is a token that needed no row of its own
      assertEquals(rowsOfSteps - right + ran, metered(host) - before);
    }
  }

  @Test
  void rowsAreAsManyAsAskedForWhateverIsFound() throws Exception {
    try (HeSetup host = HeSetup.unix(owner, directory);
        TestServer server = serve(host, new Silent(), true, directory)) {
      upload(server, host, Policy.NONE);
      JsonNode c = Shared.json("golden/stories260K-f32+" + ADAPTER + ".json").path("cases").path(0);
      ask(server, c);
      // the last ones have less to go
      assertTrue(
          count(server, "draft_tokens") > count(server, "drafts") * (GUESSES - 1),
          count(server, "draft_tokens") + " in " + count(server, "drafts"));
    }
  }

  private long guesses(Policy policy, boolean allowed, Path in) throws Exception {
    try (HeSetup host = HeSetup.unix(owner, in);
        TestServer server = serve(host, new Silent(), allowed, in)) {
      upload(server, host, policy);
      JsonNode c = Shared.json("golden/stories260K-f32+" + ADAPTER + ".json").path("cases").path(0);
      ask(server, c);
      return count(server, "draft_tokens");
    }
  }

  private static Policy policy(OptionalLong total, Optional<GuessPolicy> said) {
    return new Policy(List.of(), OptionalLong.empty(), total, false, false, said);
  }

  @Test
  void ownersAndOperatorsMayForbid() throws Exception {
    OptionalLong none = OptionalLong.empty();
    OptionalLong total = OptionalLong.of(100_000);
    Optional<GuessPolicy> unsaid = Optional.empty();
    Path in = directory;
    assertEquals(0, guesses(policy(none, Optional.of(GuessPolicy.FORBID)), true, in.resolve("a")));
    assertEquals(0, guesses(policy(total, unsaid), true, in.resolve("b")));
    assertEquals(0, guesses(policy(none, unsaid), false, in.resolve("c")));
    assertTrue(guesses(policy(total, Optional.of(GuessPolicy.ALLOW)), true, in.resolve("d")) > 0);
  }
}
