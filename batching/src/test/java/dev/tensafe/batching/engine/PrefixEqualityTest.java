package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same requests with and without a prefix cache, at random: tenants and adapters, conversations
 * that go on, a cache so small that blocks are evicted and sequences preempted, aborts, failures,
 * and adapters that are distrusted. What comes out is the same, token for token.
 */
class PrefixEqualityTest {
  private static final int VOCAB = 300;
  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, VOCAB, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  private static final class Taken implements GenerationListener {
    final List<Integer> tokens = new ArrayList<>();
    String end = "";

    @Override
    public void onOutput(Output output) {
      tokens.addAll(output.tokens());
    }

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      end = reason.name();
    }

    @Override
    public void onFailure(CodedException error) {
      end = error.code();
    }
  }

  /** A request, when it comes, and what happens to it. */
  private record Planned(
      int step, CacheScope scope, int[] prompt, SamplingParams params, int abortedAfter) {}

  private static List<Planned> plan(Random random, int[] everybodys) {
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      texts.add(random.ints(160, 0, VOCAB).toArray());
    }
    texts.add(everybodys);
    List<Planned> plan = new ArrayList<>();
    int step = 0;
    for (int i = 0; i < 60; i++) {
      step += random.nextInt(6);
      int[] text = texts.get(random.nextInt(texts.size()));
      int[] prompt = Arrays.copyOf(text, 1 + random.nextInt(text.length));
      if (random.nextBoolean()) {
        prompt[random.nextInt(prompt.length)] = random.nextInt(VOCAB);
      }
      CacheScope scope =
          new CacheScope(
              random.nextInt(4) == 0 ? "d" : "",
              random.nextBoolean() ? "a" : "b",
              "",
              random.nextInt(5) == 0 ? "a" : "");
      plan.add(
          new Planned(
              step,
              scope,
              prompt,
              SamplingParams.greedy(1 + random.nextInt(30)).withSeed(i),
              random.nextInt(8) == 0 ? random.nextInt(30) : Integer.MAX_VALUE));
    }
    return plan;
  }

  /** What was computed, and what came out. */
  private record Outcome(List<Taken> outputs, long computed, EngineStatus status) {}

  private static Outcome run(
      List<Planned> plan, PrefixSharing sharing, int[] everybodys, int blocks, long seed) {
    RememberingExecutor executor = new RememberingExecutor(VOCAB);
    executor.allocateCache(blocks);
    EngineCore core =
        new EngineCore(
            new EngineConfig(
                new SchedulerConfig(64, 24, 8, 16, 50, 200), blocks, 200, 100_000, sharing),
            executor,
            List.of(),
            tokenizer,
            () -> 0,
            s -> {});
    Random random = new Random(seed);
    List<Taken> outputs = new ArrayList<>();
    for (int step = 0; outputs.size() < plan.size() || core.hasWork(); step++) {
      while (outputs.size() < plan.size() && plan.get(outputs.size()).step() <= step) {
        Planned p = plan.get(outputs.size());
        Taken out = new Taken();
        core.add(outputs.size(), request(p, everybodys), out, 0);
        outputs.add(out);
      }
      for (int i = 0; i < outputs.size(); i++) {
        if (outputs.get(i).tokens.size() > plan.get(i).abortedAfter()) {
          core.abandon(
              i, new EngineException(EngineException.Kind.FAILED, "engine.cancelled", "gone"));
        }
      }
      executor.failing.clear();
      if (random.nextInt(40) == 0) {
        executor.failing.add((long) random.nextInt(plan.size()));
      }
      if (random.nextInt(100) == 0) {
        core.distrustAdapter("d");
      }
      core.step();
    }
    assertEquals(0, core.status().usedBlocks(), "a block is lost");
    return new Outcome(outputs, executor.computed, core.status());
  }

  /** The executor sees whom a request is for, but not in what everybody may know. */
  private static GenerationRequest request(Planned p, int[] everybodys) {
    boolean common = everybodys.length > 0;
    String whom = common ? "" : p.scope().salt().isEmpty() ? p.scope().tenant() : "salt";
    return GenerationRequest.of(p.prompt(), p.params())
        .adapter(p.scope().adapterDigest().isEmpty() ? 0 : 7, p.scope())
        .flow(p.scope().tenant())
        .requestId(whom)
        .build();
  }

  @Test
  void outputsAreTheSameWithAndWithoutTheCache() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    long cached = 0;
    long preempted = 0;
    int finished = 0;
    for (int round = 0; round < 60; round++) {
      int[] everybodys = round % 3 == 0 ? random.ints(100, 0, VOCAB).toArray() : new int[0];
      List<Planned> plan = plan(random, everybodys.length > 0 ? everybodys : new int[] {1, 2, 3});
      int blocks = 13 + random.nextInt(120);
      Outcome without = run(plan, PrefixSharing.OFF, everybodys, 400, 0);
      Outcome with = run(plan, new PrefixSharing(true, "m", everybodys), everybodys, blocks, seed);
      for (int i = 0; i < plan.size(); i++) {
        Taken a = without.outputs().get(i);
        Taken b = with.outputs().get(i);
        int shared = Math.min(a.tokens.size(), b.tokens.size());
        assertEquals(a.tokens.subList(0, shared), b.tokens.subList(0, shared), "round " + round);
        if (a.end.equals("LENGTH") && b.end.equals("LENGTH")) {
          assertEquals(a.tokens, b.tokens);
          finished++;
        }
      }
      cached += with.status().cachedTokens();
      preempted += with.status().preemptions();
    }
    assertTrue(finished > 60 * 60 * 3 / 4, "finished " + finished);
    assertTrue(cached > 10_000, "cached " + cached);
    assertTrue(preempted > 10, "preempted " + preempted);
  }
}
