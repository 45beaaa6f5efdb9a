package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.testkit.Shared;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every golden case as a conversation that goes on, for the base model and for every adapter, of a
 * server without a prefix cache and of one with it: the answers are the same to the last bit, cold,
 * warm, from a cache that is too small, preempted, and while versions change. Encrypted adapters
 * give the golden tokens behind what is cached, too.
 */
class PrefixCacheAnswersTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> NAMES =
      List.of("shout-r4", "shakespeare-r8-qv", "shakespeare-r16-rslora");

  /** Logits; where the best two are nearer, encryption may swap them. */
  private static final double MARGIN = 0.003;

  @TempDir Path directory;

  /** A conversation so far, and how the golden run goes on. */
  private record Turn(String model, int[] prompt, int[] rest, double gap) {}

  private static List<Turn> turns(String file, String model) throws Exception {
    List<Turn> turns = new ArrayList<>();
    for (JsonNode golden : Shared.json("golden/" + file + ".json").path("cases")) {
      int[] said = MAPPER.convertValue(golden.path("prompt_ids"), int[].class);
      int[] greedy = MAPPER.convertValue(golden.path("greedy_ids"), int[].class);
      for (int answered : new int[] {20, 40}) {
        int[] prompt = new int[said.length + answered];
        System.arraycopy(said, 0, prompt, 0, said.length);
        System.arraycopy(greedy, 0, prompt, said.length, answered);
        int[] rest = new int[greedy.length - answered];
        System.arraycopy(greedy, answered, rest, 0, rest.length);
        turns.add(new Turn(model, prompt, rest, golden.path("min_top1_gap").doubleValue()));
      }
    }
    return turns;
  }

  private static JsonNode ask(TestServer server, Turn turn, int priority) throws Exception {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", turn.model()).put("temperature", 0).put("logprobs", 3);
    body.put("priority", priority);
    ArrayNode prompt = body.putArray("prompt");
    for (int token : turn.prompt()) {
      prompt.add(token);
    }
    body.put("max_tokens", turn.rest().length);
    HttpResponse<String> response = server.post("/v1/completions", body.toString());
    assertEquals(200, response.statusCode(), response.body());
    return MAPPER.readTree(response.body());
  }

  private static int cached(JsonNode answer) {
    return answer.at("/usage/prompt_tokens_details/cached_tokens").intValue();
  }

  private TestServer start(Path model, AdapterOwner owner, String name, PrefixSharing prefixes) {
    return TestServer.withPrefixes(
        model,
        null,
        // room for about five sequences of full length
        new TestServer.Adapters(directory.resolve(name), owner, 1 << 20, 64),
        prefixes);
  }

  private void upload(AdapterOwner owner, TestServer server, int version) throws Exception {
    for (String name : NAMES) {
      Path peft = Shared.path("adapters").resolve(name);
      assertEquals(201, server.upload(owner.pack(name, version, peft)).statusCode());
    }
  }

  @Test
  void answersAreTheSameToTheBit() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Path model = Shared.path("models/stories260K-hf-f32");
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    List<Turn> turns = new ArrayList<>(turns("stories260K-f32", "tiny"));
    for (String name : NAMES) {
      turns.addAll(turns("stories260K-f32+" + name, name));
    }
    Map<Turn, JsonNode> want = new HashMap<>();
    try (TestServer plain = start(model, owner, "plain", PrefixSharing.OFF)) {
      upload(owner, plain, 1);
      for (Turn turn : turns) {
        JsonNode answer = ask(plain, turn, 0);
        assertEquals(0, cached(answer));
        want.put(turn, answer.path("choices"));
      }
    }
    try (TestServer server = start(model, owner, "cached", PrefixSharing.of("m"))) {
      upload(owner, server, 1);
      int warm = 0;
      for (Turn turn : turns) {
        assertEquals(want.get(turn), ask(server, turn, 0).path("choices"));
        JsonNode again = ask(server, turn, 0);
        assertEquals(want.get(turn), again.path("choices"));
        int most = (turn.prompt().length - 1) / 16 * 16;
        assertTrue(cached(again) <= most);
        warm += cached(again) == most ? 1 : 0;
      }
      assertEquals(turns.size(), warm, "cached as far as can be");
      beside(server, owner, turns, want, new Random(seed));
      assertTrue(server.engine.status().preemptions() > 0, "nothing was preempted");
    }
  }

  /** All at a time, in any order, several times, while each adapter gets new versions. */
  private void beside(
      TestServer server,
      AdapterOwner owner,
      List<Turn> turns,
      Map<Turn, JsonNode> want,
      Random random)
      throws Exception {
    List<Turn> work = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      work.addAll(turns);
    }
    Collections.shuffle(work, random);
    ExecutorService clients = Executors.newFixedThreadPool(25);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (Turn turn : work) {
        int priority = random.nextInt(3);
        running.add(
            clients.submit(
                () -> {
                  assertEquals(want.get(turn), ask(server, turn, priority).path("choices"));
                  return null;
                }));
      }
      upload(owner, server, 2);
      upload(owner, server, 3);
      for (Future<?> future : running) {
        future.get();
      }
    } finally {
      clients.shutdownNow();
    }
    // other weights' keys and values are not those of a new version
    Turn turn = turns.get(turns.size() - 1);
    ask(server, turn, 0);
    assertTrue(cached(ask(server, turn, 0)) > 0);
    upload(owner, server, 4);
    assertEquals(0, cached(ask(server, turn, 0)), "found across a change of version");
  }

  @Test
  void answersInBfloat16AreTheSameToTheBit() throws Exception {
    Path model = Shared.path("models/stories260K-hf-bf16");
    List<Turn> turns = turns("stories260K-bf16", "tiny");
    try (TestServer plain = TestServer.withPrefixes(model, null, null, PrefixSharing.OFF);
        TestServer server = TestServer.withPrefixes(model, null, null, PrefixSharing.of("m"))) {
      for (Turn turn : turns) {
        JsonNode want = ask(plain, turn, 0).path("choices");
        assertEquals(want, ask(server, turn, 0).path("choices"));
        JsonNode again = ask(server, turn, 0);
        assertEquals(want, again.path("choices"));
        assertTrue(cached(again) > 0);
      }
    }
  }

  @Test
  void encryptedAdaptersGoOnBehindWhatIsCached() throws Exception {
    Path model = Shared.path("models/stories260K-hf-f32");
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    owner.embedBoth();
    TestServer.EncryptedModeFactory mode =
        (key, base, layers) ->
            EncryptedAdapters.embedded(
                key,
                base,
                layers,
                HeSetup.quick(Profile.FAST, 30_000),
                new EmbeddedHost(
                    new AdapterHost(
                        key, TokenMeter.embedded(InstantSource.system()), HostLimits.standard())));
    try (TestServer server =
        TestServer.withAdapters(
            model,
            null,
            new TestServer.Adapters(
                directory.resolve("adapters"),
                owner,
                256 << 20,
                64,
                Optional.of(mode),
                List.of()))) {
      List<Turn> turns = new ArrayList<>();
      for (String name : NAMES) {
        Path peft = Shared.path("adapters").resolve(name);
        assertEquals(201, server.upload(owner.packEncrypted(name, 1, peft)).statusCode());
        turns.addAll(turns("stories260K-f32+" + name, name));
      }
      int compared = 0;
      int fewer = 0;
      for (Turn turn : turns) {
        double before = rows(server, turn.model());
        JsonNode cold = ask(server, turn, 0);
        double between = rows(server, turn.model());
        JsonNode warm = ask(server, turn, 0);
        double after = rows(server, turn.model());
        assertEquals((turn.prompt().length - 1) / 16 * 16, cached(warm));
        fewer += computed(warm) < computed(cold) ? 1 : 0;
        // a row for each computed token in every group, and none for a cached one
        double groups = (between - before) / computed(cold);
        assertEquals(groups, Math.rint(groups));
        assertEquals(groups * computed(warm), after - between, "rows at the adapter host");
        String got = warm.at("/choices/0/text").asText();
        String golden = text(server, turn);
        compared += got.equals(golden) ? 1 : 0;
        assertTrue(got.equals(golden) || turn.gap() <= MARGIN, turn.model() + ": " + got);
      }
      // a second turn finds its blocks at once: the answer to the first one was as it goes on
      assertTrue(fewer >= turns.size() / 2, fewer + " were cold");
      assertTrue(compared >= turns.size() - 6, compared + " compared");
    }
  }

  /** Tokens that an answer had computed: the prompt behind the cache, and all but the last one. */
  private static int computed(JsonNode answer) {
    return answer.at("/usage/total_tokens").intValue() - cached(answer) - 1;
  }

  /** The text with which the golden run goes on. */
  private static String text(TestServer server, Turn turn) {
    int[] all = new int[turn.prompt().length + turn.rest().length];
    System.arraycopy(turn.prompt(), 0, all, 0, turn.prompt().length);
    System.arraycopy(turn.rest(), 0, all, turn.prompt().length, turn.rest().length);
    String whole = server.files.tokenizer().decode(all, true);
    return whole.substring(server.files.tokenizer().decode(turn.prompt(), true).length());
  }

  private static double rows(TestServer server, String adapter) throws Exception {
    String line = "tensafe_he_token_rows_total{adapter=\"" + adapter + "\"} ";
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(l -> l.startsWith(line))
        .mapToDouble(l -> Double.parseDouble(l.substring(line.length())))
        .findFirst()
        .orElse(0);
  }
}
