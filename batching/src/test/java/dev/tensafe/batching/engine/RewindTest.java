package dev.tensafe.batching.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.batching.sample.MaskChain;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SchedulerConfig;
import dev.tensafe.batching.text.TextStream;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generating, dropping tokens and generating again gives what generating straight on gives: tokens,
 * text, log-probabilities and the end, with penalties, masks, stop strings and preemption.
 */
class RewindTest {
  private static final String TEXT = "naïve 東京 👩‍👧 ##stop## {\"a\": \"é\"}\n";
  private static final int EOS = 299;

  private static Tokenizer tokenizer;

  @BeforeAll
  static void load(@TempDir Path dir) throws IOException {
    SyntheticModel.write(dir, SyntheticModel.llama(8, 8, 1, 1, 1, 300, 64), DType.F32, 1);
    tokenizer = Tokenizer.load(dir);
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  /** A model that says the text over and over, and at times would rather break it or end. */
  private static FakeExecutor executor() {
    byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);
    FakeExecutor executor = new FakeExecutor(300, EOS);
    executor.best = (token, position) -> bytes[position % bytes.length] & 0xff;
    executor.second =
        (token, position) -> position % 11 == 0 ? EOS : bytes[(position + 7) % bytes.length] & 0xff;
    return executor;
  }

  private static EngineCore core(int blocks) {
    EngineConfig config =
        new EngineConfig(
            new SchedulerConfig(24, 24, 8, 16, 50, 1000), blocks, blocks * 16, 100_000);
    return new EngineCore(config, executor(), List.of(), tokenizer, () -> 1, s -> {});
  }

  private static GenerationRequest request(Random random, long seed) {
    List<String> stops = random.nextBoolean() ? List.of() : List.of("##stop##", "京 #", "é\"}\nna");
    int minTokens = random.nextInt(3) == 0 ? random.nextInt(90) : 0;
    SamplingParams params =
        new SamplingParams(
            random.nextInt(3) == 0 ? 0 : 0.4,
            0,
            1,
            0,
            random.nextBoolean() ? 1 : 1.02,
            random.nextBoolean() ? 0 : 0.1,
            0.01,
            random.nextBoolean() ? Map.of() : Map.of(0x61, 0.5f, EOS, -0.2f),
            seed,
            20 + random.nextInt(100),
            minTokens,
            false,
            random.nextInt(4) == 0 ? Set.of((int) '\n') : Set.of(),
            0);
    int[] prompt = random.ints(1 + random.nextInt(40), 32, 127).toArray();
    return GenerationRequest.of(prompt, params).stopStrings(stops).build();
  }

  @Test
  void generatingAgainAfterDroppingTokensIsGeneratingStraightOn() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int rewinds = 0;
    long preemptions = 0;
    for (int round = 0; round < 60; round++) {
      List<GenerationRequest> requests = new ArrayList<>();
      for (int i = 0; i < 7; i++) {
        requests.add(request(random, seed + i));
      }
      List<Taken> straight = new ArrayList<>();
      for (GenerationRequest request : requests) {
        EngineCore core = core(64);
        Taken taken = new Taken();
        core.add(1, request, taken, 0);
        while (core.hasWork()) {
          core.step();
        }
        straight.add(taken);
      }
      EngineCore crowded = core(11);
      List<Taken> again = new ArrayList<>();
      for (int i = 0; i < requests.size(); i++) {
        again.add(new Taken());
        crowded.add(i, requests.get(i), again.get(i), 0);
      }
      int left = 40;
      while (crowded.hasWork()) {
        crowded.step();
        int i = random.nextInt(again.size());
        Taken taken = again.get(i);
        if (left > 0 && taken.end == null && !taken.outputs.isEmpty()) {
          int dropped = random.nextInt(Math.min(50, taken.outputs.size()) + 1);
          crowded.rewind(i, dropped);
          taken.drop(dropped);
          rewinds++;
          left--;
        }
      }
      preemptions += crowded.status().preemptions();
      assertEquals(0, crowded.status().usedBlocks());
      assertEquals(0, crowded.status().internalErrors());
      for (int i = 0; i < requests.size(); i++) {
        String which = "seed " + seed + " round " + round + " sequence " + i;
        assertEquals(straight.get(i).tokens(), again.get(i).tokens(), which);
        assertEquals(straight.get(i).text(), again.get(i).text(), which);
        assertEquals(straight.get(i).logprobs(), again.get(i).logprobs(), which);
        assertEquals(straight.get(i).end, again.get(i).end, which);
      }
    }
    assertTrue(rewinds > 500, rewinds + " rewinds");
    assertTrue(preemptions > 100, preemptions + " preemptions");
  }

  /** Keeps outputs, so that those of dropped tokens can be taken back. */
  private static final class Taken implements GenerationListener {
    final List<Output> outputs = new ArrayList<>();
    String end;

    void drop(int tokens) {
      outputs.subList(outputs.size() - tokens, outputs.size()).clear();
    }

    List<Integer> tokens() {
      return outputs.stream().flatMap(o -> o.tokens().stream()).toList();
    }

    String text() {
      return String.join("", outputs.stream().map(Output::text).toList());
    }

    List<TokenLogprob> logprobs() {
      return outputs.stream().flatMap(o -> o.logprobs().stream()).toList();
    }

    @Override
    public void onOutput(Output output) {
      outputs.add(output);
    }

    @Override
    public void onFinish(FinishReason reason, int promptTokens, int outputTokens) {
      assertEquals(outputs.size(), outputTokens);
      end = reason.name();
    }

    @Override
    public void onFailure(CodedException error) {
      end = error.code();
    }
  }

  @Test
  void onlyOutputCanBeDroppedAndBlocksNoTokenNeedsAreGivenBack() {
    Sequence s = sequence(new int[20]);
    s.start();
    for (int block = 0; block < 3; block++) {
      s.addBlock(block + 5);
    }
    s.advance(20);
    for (int i = 0; i < 20; i++) {
      s.append(65);
      s.text.add(65);
      s.advance(i < 19 ? 1 : 0);
    }
    assertEquals(39, s.computed());
    assertEquals(List.of(), list(s.rewind(1, 16)));
    assertEquals(38, s.computed());
    assertEquals(List.of(7), list(s.rewind(10, 16)));
    assertEquals(28, s.computed());
    assertThrows(IllegalArgumentException.class, () -> s.rewind(10, 16));
    assertEquals(List.of(), list(s.rewind(9, 16)));
    // all output is gone: the prompt's last token is run again
    assertEquals(19, s.computed());
    assertEquals(20, s.count());
    assertEquals(List.of(5, 6), list(s.reset()));
  }

  private static Sequence sequence(int[] prompt) {
    return new Sequence(
        1,
        GenerationRequest.of(prompt, SamplingParams.greedy(50)).build(),
        new Taken(),
        new TextStream(tokenizer, List.of(), 0),
        MaskChain.NONE,
        0);
  }

  private static List<Integer> list(int[] values) {
    List<Integer> out = new ArrayList<>();
    for (int value : values) {
      out.add(value);
    }
    return out;
  }
}
