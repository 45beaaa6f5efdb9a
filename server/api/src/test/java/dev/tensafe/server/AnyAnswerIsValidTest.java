package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import dev.tensafe.batching.draft.PromptLookup;
import dev.tensafe.batching.engine.Speculation;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * More than 1,000 answers for 40 schemas, of a model with random weights at temperature 2: whatever
 * happens to a sequence on its way, an answer that ended by itself is valid for another validator.
 */
class AnyAnswerIsValidTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String[] ROUTES = {"/v1/chat/completions", "/v1/completions"};
  private static final int MAX_TOKENS = 160;

  /** What a sequence meets; for each schema so many requests, and so many answers to each. */
  private enum Situation {
    ONE(4, 1),
    SEVERAL(1, 7),
    PREEMPTED(4, 1),
    GUESSED(4, 1),
    BESIDE_FREE(4, 1),
    PLAIN_ADAPTER(1, 2),
    HE_ADAPTER(1, 1);

    final int requests;
    final int n;

    Situation(int requests, int n) {
      this.requests = requests;
      this.n = n;
    }
  }

  private record Asked(String route, ObjectNode body, Optional<JsonNode> schema) {}

  @TempDir private Path directory;
  private final ConcurrentMap<String, Integer> ends = new ConcurrentHashMap<>();

  private static List<JsonNode> schemas() throws IOException {
    List<JsonNode> schemas = new ArrayList<>();
    try (InputStream in = AnyAnswerIsValidTest.class.getResourceAsStream("schemas.jsonl")) {
      String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : all.split("\n")) {
        schemas.add(MAPPER.readTree(line));
      }
    }
    assertEquals(40, schemas.size());
    return schemas;
  }

  private static Schema validator(JsonNode schema) {
    SchemaRegistryConfig config =
        SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
    SpecificationVersion version =
        schema.path("$schema").asText().contains("draft-07")
            ? SpecificationVersion.DRAFT_7
            : SpecificationVersion.DRAFT_2020_12;
    return SchemaRegistry.withDefaultDialect(version, b -> b.schemaRegistryConfig(config))
        .getSchema(schema.toString(), InputFormat.JSON);
  }

  /** Asks at temperature 2; closing quotes and brackets are likelier, so that most answers end. */
  private static Asked ask(
      Optional<JsonNode> schema, String model, Situation situation, Random random) {
    ObjectNode body = MAPPER.createObjectNode().put("model", model).put("temperature", 2);
    body.put("n", schema.isPresent() ? situation.n : 1);
    body.put("seed", random.nextInt(1 << 30)).put("max_tokens", MAX_TOKENS);
    body.put("top_p", random.nextInt(3) == 0 ? 0.95 : 1);
    body.put("top_k", random.nextInt(3) == 0 ? 100 : 0);
    body.put("min_p", random.nextInt(3) == 0 ? 0.001 : 0);
    body.put("repetition_penalty", random.nextInt(3) == 0 ? 1.05 : 1);
    body.put("priority", random.nextInt(3));
    schema.ifPresent(s -> body.set("guided_json", s));
    schema.ifPresent(s -> body.putObject("logit_bias").put("34", 6).put("93", 6).put("125", 6));
    // with the schema in the prompt, what an answer says can be guessed
    String prompt = situation == Situation.PREEMPTED ? "x" : "" + schema.orElse(null);
    String route = ROUTES[random.nextInt(2)];
    if (route.equals(ROUTES[0])) {
      body.putArray("messages").addObject().put("role", "user").put("content", prompt);
    } else {
      body.put("prompt", prompt);
    }
    return new Asked(route, body, schema);
  }

  /** The texts of an answer, which are valid where they ended. */
  private List<String> answer(TestServer server, Asked asked) throws Exception {
    HttpResponse<String> response = server.post(asked.route(), asked.body().toString());
    assertEquals(200, response.statusCode(), () -> asked.body() + " " + response.body());
    JsonNode choices = MAPPER.readTree(response.body()).path("choices");
    assertEquals(asked.body().path("n").intValue(), choices.size());
    List<String> texts = new ArrayList<>();
    for (JsonNode choice : choices) {
      String text = choice.path("text").asText(choice.at("/message/content").asText());
      String end = choice.path("finish_reason").asText();
      texts.add(text);
      if (asked.schema().isEmpty()) {
        continue;
      }
      ends.merge(end, 1, Integer::sum);
      if (end.equals("stop")) {
        var errors = validator(asked.schema().get()).validate(text, InputFormat.JSON);
        assertEquals("[]", errors.toString(), () -> text + " for " + asked.body());
      } else {
        assertEquals("length", end);
      }
    }
    return texts;
  }

  private List<List<String>> answers(TestServer server, List<Asked> requests) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(24);
    try {
      List<Future<List<String>>> running = new ArrayList<>();
      for (Asked asked : requests) {
        running.add(clients.submit(() -> answer(server, asked)));
      }
      List<List<String>> texts = new ArrayList<>();
      for (Future<List<String>> one : running) {
        texts.add(one.get());
      }
      return texts;
    } finally {
      clients.shutdownNow();
    }
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

  private TestServer start(
      Path model, AdapterOwner owner, Situation situation, Optional<HeSetup> host) {
    // a long sequence alone takes most of the small cache
    int blocks = situation == Situation.PREEMPTED ? 14 : 1024;
    Path kept = directory.resolve("adapters");
    TestServer.Adapters adapters =
        new TestServer.Adapters(kept, owner, 256 << 20, blocks, host.map(HeSetup::mode), List.of());
    return situation == Situation.GUESSED
        ? TestServer.speculating(
            model, adapters, new Speculation(new PromptLookup(), new AllGuesses(5)))
        : TestServer.withAdapters(model, null, adapters);
  }

  @ParameterizedTest
  @EnumSource
  void whatEndsIsValid(Situation situation) throws Exception {
    long seed = System.nanoTime();
    System.out.println("AnyAnswerIsValidTest " + situation + " seed " + seed);
    Random random = new Random(seed);
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    boolean he = situation == Situation.HE_ADAPTER;
    Optional<HeSetup> host = he ? Optional.of(HeSetup.unix(owner, directory)) : Optional.empty();
    try (TestServer server = start(model, owner, situation, host)) {
      String asked = "tiny";
      if (he || situation == Situation.PLAIN_ADAPTER) {
        asked = "tuned";
        Path peft = owner.peft(2);
        Path file = he ? owner.packEncrypted(asked, 1, peft) : owner.pack(asked, 1, peft);
        if (he) {
          host.get().deliver(file);
        }
        HttpResponse<String> response = server.upload(file);
        assertEquals(201, response.statusCode(), response.body());
      }
      List<Asked> requests = new ArrayList<>();
      for (JsonNode schema : schemas()) {
        for (int i = 0; i < situation.requests; i++) {
          requests.add(ask(Optional.of(schema), asked, situation, random));
        }
      }
      check(server, situation, requests, random);
    } finally {
      host.ifPresent(HeSetup::close);
    }
  }

  private void check(TestServer server, Situation situation, List<Asked> requests, Random random)
      throws Exception {
    List<Asked> free = new ArrayList<>();
    boolean company = situation == Situation.BESIDE_FREE || situation == Situation.PREEMPTED;
    for (int i = 0; i < (company ? 80 : 0); i++) {
      free.add(ask(Optional.empty(), "tiny", situation, random));
      // two of them do not fit in the small cache
      free.get(i).body().put("ignore_eos", true);
    }
    List<List<String>> alone = answers(server, free);
    long before = server.engine.status().preemptions();
    List<Asked> all = new ArrayList<>(requests);
    all.addAll(free);
    Collections.shuffle(all, random);
    List<List<String>> together = answers(server, all);
    for (int i = 0; i < free.size(); i++) {
      assertEquals(alone.get(i), together.get(all.indexOf(free.get(i))), "free beside others");
    }
    int stopped = ends.getOrDefault("stop", 0);
    int cut = ends.getOrDefault("length", 0);
    assertEquals(requests.size() * situation.n, stopped + cut);
    assertTrue(stopped > 0.85 * (stopped + cut), stopped + " ended, " + cut + " were cut");
    assertEquals(0, server.engine.status().internalErrors());
    long preemptions = server.engine.status().preemptions() - before;
    System.out.println(new TreeMap<>(ends) + ", " + preemptions + " preemptions");
    assertTrue(situation != Situation.PREEMPTED || preemptions > 5);
    if (situation == Situation.GUESSED) {
      long guesses = count(server, "draft_tokens");
      long right = count(server, "accepted_tokens");
      System.out.println(guesses + " guesses, " + right + " right");
      assertTrue(right > 100 && guesses > right, guesses + " guesses, " + right + " right");
    }
  }
}
