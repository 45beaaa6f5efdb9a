package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.draft.DraftRequest;
import dev.tensafe.batching.draft.Drafter;
import dev.tensafe.batching.draft.ModelDrafter;
import dev.tensafe.batching.draft.PromptLookup;
import dev.tensafe.batching.engine.Speculation;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.synthetic.TruncatedModel;
import dev.tensafe.testkit.Shared;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server that guesses answers as one that does not, on every golden prompt of every adapter and
 * at any setting: tokens, text, log-probabilities and ends are equal. Requests run together, with
 * so little cache that some are preempted.
 */
class SpeculationGoldenTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final List<String> NAMES =
      List.of("shout-r4", "shakespeare-r8-qv", "shakespeare-r16-rslora");

  /** Guesses what golden answers say, and at times something else. */
  private static final class GoldenGuesses implements Drafter {
    private final List<int[]> answers;
    private final Random random;

    GoldenGuesses(List<int[]> answers, long seed) {
      this.answers = answers;
      this.random = new Random(seed);
    }

    @Override
    public List<Draft> draft(List<DraftRequest> requests) {
      List<Draft> drafts = new ArrayList<>();
      for (DraftRequest request : requests) {
        drafts.add(Draft.of(guess(request)));
      }
      return drafts;
    }

    private int[] guess(DraftRequest request) {
      int[] guess = random.ints(request.limit(), 0, 512).toArray();
      int[] tokens = Arrays.copyOf(request.tokens(), request.count());
      for (int[] answer : answers) {
        int common = Arrays.mismatch(tokens, answer);
        if (common < 0 || common == tokens.length) {
          int known = Math.min(guess.length, answer.length - tokens.length);
          System.arraycopy(answer, tokens.length, guess, 0, Math.max(0, known));
        }
      }
      if (random.nextInt(4) == 0) {
        guess[random.nextInt(guess.length)] = random.nextInt(512);
      }
      return guess;
    }

    @Override
    public void ended(long sequence) {}

    @Override
    public void close() {}
  }

  private record Asked(String route, ObjectNode body) {}

  private static int[] answer(JsonNode golden) {
    List<Integer> ids = new ArrayList<>();
    golden.path("prompt_ids").forEach(t -> ids.add(t.intValue()));
    golden.path("greedy_ids").forEach(t -> ids.add(t.intValue()));
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }

  /** A request for a golden prompt: greedy as the golden file, or at any other setting. */
  private static Asked ask(Random random, String model, JsonNode golden, boolean greedy) {
    ObjectNode body = MAPPER.createObjectNode();
    body.put("model", model).put("logprobs", random.nextInt(3)).put("seed", random.nextInt(1000));
    body.set("prompt", golden.path("prompt_ids"));
    body.put("max_tokens", golden.path("greedy_ids").size()).put("temperature", 0);
    body.put("priority", random.nextInt(3));
    if (!greedy) {
      body.put("temperature", random.nextInt(4) == 0 ? 0 : random.nextDouble());
      body.put("top_k", random.nextInt(3) == 0 ? 1 + random.nextInt(30) : 0);
      body.put("top_p", random.nextInt(3) == 0 ? 0.8 : 1);
      body.put("min_p", random.nextInt(3) == 0 ? 0.05 : 0);
      body.put("repetition_penalty", random.nextInt(3) == 0 ? 1.1 : 1);
      body.put("presence_penalty", random.nextInt(3) == 0 ? 0.3 : 0);
      body.put("frequency_penalty", random.nextInt(3) == 0 ? 0.2 : 0);
      body.put("min_tokens", random.nextInt(3) == 0 ? 20 : 0);
      if (random.nextInt(3) == 0) {
        body.putArray("stop").add(".\n").add(" Lily").add("day,");
      }
      if (random.nextInt(3) == 0) {
        body.putArray("stop_token_ids").add(random.nextInt(512));
      }
      if (random.nextInt(3) == 0) {
        body.putObject("logit_bias").put("" + (3 + random.nextInt(500)), 5);
      }
      if (random.nextInt(6) == 0) {
        body.put("echo", true);
      }
      if (random.nextInt(4) == 0) {
        // a prompt that repeats itself: what is looked up there is found
        ArrayNode twice = body.putArray("prompt");
        golden.path("prompt_ids").forEach(twice::add);
        golden.path("greedy_ids").forEach(twice::add);
        golden.path("prompt_ids").forEach(twice::add);
      }
    }
    return new Asked("/v1/completions", body);
  }

  private static List<JsonNode> answers(TestServer server, List<Asked> requests) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(12);
    try {
      List<Future<JsonNode>> running = new ArrayList<>();
      for (Asked asked : requests) {
        Callable<JsonNode> task =
            () -> {
              HttpResponse<String> got = server.post(asked.route(), asked.body().toString());
              assertEquals(200, got.statusCode(), got.body());
              ObjectNode answer = (ObjectNode) MAPPER.readTree(got.body());
              answer.remove("id");
              answer.remove("created");
              answer.remove("tensafe"); // packages differ in their digests
              // what was cached depends on who came first
              ((ObjectNode) answer.get("usage")).remove("prompt_tokens_details");
              return answer;
            };
        running.add(clients.submit(task));
      }
      List<JsonNode> all = new ArrayList<>();
      for (Future<JsonNode> future : running) {
        all.add(future.get());
      }
      return all;
    } finally {
      clients.shutdownNow();
    }
  }

  private static long count(TestServer server, String metric) throws Exception {
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(metric + "{"))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void compare(Path model, String golden, List<String> adapters, Path directory)
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    AdapterOwner owner = new AdapterOwner(directory.resolve("owner"), model);
    List<int[]> known = new ArrayList<>();
    List<Asked> requests = new ArrayList<>();
    List<String> models = new ArrayList<>(adapters);
    models.add("tiny");
    for (String name : models) {
      String file = name.equals("tiny") ? golden : golden + "+" + name;
      for (JsonNode c : Shared.json("golden/" + file + ".json").path("cases")) {
        known.add(answer(c));
        requests.add(ask(random, name, c, true));
        for (int i = 0; i < 5; i++) {
          requests.add(ask(random, name, c, false));
        }
      }
    }
    Collections.shuffle(requests, random);
    List<JsonNode> plain;
    TestServer.Adapters kept =
        new TestServer.Adapters(directory.resolve("plain"), owner, 1 << 20, 64);
    try (TestServer server = TestServer.withAdapters(model, null, kept)) {
      upload(server, owner, adapters);
      plain = answers(server, requests);
      assertEquals(0, count(server, "vllm:spec_decode_num_draft_tokens_total"));
    }
    Path draft = directory.resolve("draft");
    TruncatedModel.write(model, draft, 4);
    // the draft models have less room than all requests need
    List<Drafter> drafters =
        List.of(
            new GoldenGuesses(known, seed), new PromptLookup(), small(model, 40), small(draft, 40));
    for (Drafter drafter : drafters) {
      Path own = directory.resolve("own-" + drafters.indexOf(drafter));
      try (TestServer server =
          TestServer.speculating(
              model,
              new TestServer.Adapters(own, owner, 1 << 20, 64),
              new Speculation(drafter, new AllGuesses(5)))) {
        upload(server, owner, adapters);
        List<JsonNode> got = answers(server, requests);
        for (int i = 0; i < requests.size(); i++) {
          assertEquals(plain.get(i), got.get(i), () -> "seed " + seed);
        }
        assertEquals(0, server.engine.status().internalErrors());
        long ran = count(server, "vllm:spec_decode_num_draft_tokens_total");
        long right = count(server, "vllm:spec_decode_num_accepted_tokens_total");
        long drafts = count(server, "vllm:spec_decode_num_drafts_total");
        assertTrue(right > 50 && ran > right && drafts <= ran, ran + " guesses, " + right);
        assertEquals(right, count(server, "vllm:spec_decode_num_accepted_tokens_per_pos_total"));
      }
    }
  }

  private static Drafter small(Path directory, int blocks) {
    try (ModelFiles files = ModelFiles.open(directory, Clock.systemUTC())) {
      ModelExecutor executor =
          new NativeExecutorFactory()
              .create(
                  files.config(),
                  files.checkpoint(),
                  new ExecutorOptions(ExecutorOptions.Format.AUTO, 1));
      executor.allocateCache(blocks);
      return new ModelDrafter(executor, blocks, 64, Set.of(2));
    }
  }

  private static void upload(TestServer server, AdapterOwner owner, List<String> names)
      throws Exception {
    for (String name : names) {
      Path peft = Shared.path("adapters/" + name);
      assertEquals(201, server.upload(owner.pack(name, 1, peft)).statusCode());
    }
  }

  @Test
  void everyGoldenPromptOfEveryAdapterIsAnsweredAsWithoutGuesses(@TempDir Path directory)
      throws Exception {
    compare(Shared.path("models/stories260K-hf-f32"), "stories260K-f32", NAMES, directory);
  }

  @Test
  void everyGoldenPromptOfTheOtherNumberFormatToo(@TempDir Path directory) throws Exception {
    compare(Shared.path("models/stories260K-hf-bf16"), "stories260K-bf16", List.of(), directory);
  }
}
