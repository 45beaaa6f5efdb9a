package dev.tensafe.batching.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.batching.EngineException;
import dev.tensafe.nativelib.logits.LogitScan;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The token is the one that plain sums over a copy of the row lead to, whatever is asked for. */
class SamplerOracleTest {
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  private double oneOf(double... values) {
    return values[random.nextInt(values.length)];
  }

  private SamplingParams params(int vocab) {
    boolean penalised = random.nextInt(3) == 0;
    Map<Integer, Float> biases = new HashMap<>();
    for (int i = random.nextInt(3) == 0 ? random.nextInt(4) : 0; i > 0; i--) {
      biases.put(random.nextInt(vocab), (float) (10 * random.nextGaussian()));
    }
    Set<Integer> ends = new HashSet<>();
    for (int i = random.nextInt(3) == 0 ? random.nextInt(4) : 0; i > 0; i--) {
      ends.add(random.nextInt(vocab));
    }
    return new SamplingParams(
        oneOf(0, 1e-6, 0.01, 0.2, 0.7, 1, 1, 1.3, 2, 50),
        (int) oneOf(0, 0, 0, 1, 2, 5, 40, 1000, vocab, Integer.MAX_VALUE),
        oneOf(1, 1, 0.95, 0.9, 0.5, 0.1, 0.999, 0, 1e-9, 1 - 1e-12),
        oneOf(0, 0, 0, 0.05, 0.5, 1, 1e-9, 1e-30),
        penalised ? oneOf(1, 1.1, 2, 0.5) : 1,
        penalised ? oneOf(0, 0.5, -2) : 0,
        penalised ? oneOf(0, 0.3, 2) : 0,
        biases,
        random.nextLong(),
        10,
        ends.isEmpty() ? 0 : 5,
        true,
        ends,
        -1);
  }

  /** Allows some tokens by their bits, few, some or most, and single ones beside. */
  private static final class Form implements Constraint, LogitMask {
    private final long[] allowed;
    private final int[] also;

    Form(Random random, int vocab, Set<Integer> forbidden) {
      allowed = new long[random.nextInt(vocab / 64 + 3)];
      int kind = random.nextInt(3);
      for (int i = 0; i < allowed.length; i++) {
        long some = random.nextLong();
        boolean usual = random.nextInt(8) > 0;
        allowed[i] = kind == 0 ? some : (kind == 1 ? 0 : -1);
        allowed[i] = usual ? allowed[i] : some & random.nextLong();
      }
      also = random.ints(random.nextInt(4), -1, vocab + 2).toArray();
      for (int id = 0; id < vocab; id++) {
        if (id / 64 >= allowed.length || (allowed[id / 64] & 1L << id) == 0) {
          int token = id;
          if (Arrays.stream(also).noneMatch(a -> a == token)) {
            forbidden.add(id);
          }
        }
      }
    }

    @Override
    public LogitMask begin(Set<Integer> ends) {
      return this;
    }

    @Override
    public boolean active() {
      return true;
    }

    @Override
    public void apply(AdjustedRow logits) {
      logits.keepOnly(allowed, also);
    }

    @Override
    public void accept(int token) {}

    @Override
    public void rewind(int tokens) {}
  }

  private void compare(int vocab, int rows) {
    Sampler sampler = new Sampler(vocab);
    PlainSampler plain = new PlainSampler(vocab);
    for (int r = 0; r < rows; r++) {
      float[] logits = Rows.random(random, vocab);
      FloatBuffer row = Rows.of(logits);
      for (int i = 0; i < 6; i++) {
        SamplingParams p = params(vocab);
        int[] tokens = random.ints(1 + random.nextInt(300), 0, vocab).toArray();
        int promptLength = 1 + random.nextInt(tokens.length);
        Set<Integer> forbidden = new HashSet<>(p.minTokens() > 0 ? p.stopTokens() : Set.of());
        Form form = random.nextInt(3) == 0 ? new Form(random, vocab, forbidden) : null;
        int expected = plain.sample(logits, tokens, tokens.length, promptLength, p, forbidden);
        LogitMask mask = MaskChain.of(p, Set.of(), form);
        int token;
        try {
          token = sampler.sample(row, tokens, tokens.length, promptLength, p, mask).token();
        } catch (EngineException e) {
          boolean none =
              mask.active()
                  && IntStream.range(0, vocab)
                      .allMatch(
                          id -> forbidden.contains(id) || logits[id] == Float.NEGATIVE_INFINITY);
          assertEquals(none ? "engine.no_token_fits" : "engine.numerics", e.code());
          token = -1;
        }
        String what = "seed " + seed + ", vocabulary " + vocab + ", row " + r + ", " + p;
        assertEquals(expected, token, what);
        assertArrayEquals(logits, Rows.copy(row), what);
      }
    }
  }

  @Test
  void tokensAreThoseOfThePlainSampler() {
    System.out.println("seed " + seed);
    compare(3, 400);
    compare(200, 400);
    for (int i = 0; i < 10; i++) {
      compare(1 + random.nextInt(6000), 20);
    }
    compare(49_152, 15);
    compare(151_936, 4);
    compare(262_144, 4);
  }

  /** Draws that fall exactly between two tokens, and masses that end exactly at one. */
  @Test
  void tiesOfSumsAreDecidedAsByThePlainSums() {
    for (int vocab : new int[] {4, 64, 1024, 4096}) {
      float[] logits = new float[vocab];
      FloatBuffer row = Rows.of(logits);
      TokenDraw draw = new TokenDraw(new LogitScan(vocab));
      PlainCandidates plain = new PlainCandidates(vocab);
      for (int part = 0; part < 64; part++) {
        for (double topP : new double[] {1, 0.5, 0.25, 0.015625, part / 64.0}) {
          SamplingParams p = drawing(topP);
          for (double uniform : new double[] {part / 64.0, Math.nextUp(part / 64.0)}) {
            assertEquals(
                plain.draw(logits, 0, p, uniform),
                draw.draw(row, 0, p, uniform),
                vocab + " tokens, " + uniform + " of " + topP);
          }
        }
      }
    }
  }

  /** Draws and masses as near to a token's border as rounding lets them be. */
  @Test
  void bordersBetweenTokensLieWhereThePlainSumsPutThem() {
    System.out.println("seed " + seed);
    for (int vocab : new int[] {500, 5000, 20_000}) {
      float[] logits = new float[vocab];
      double[] weights = new double[vocab];
      double total = 0;
      logits[random.nextInt(vocab)] = 2;
      for (int i = 0; i < vocab; i++) {
        logits[i] = logits[i] == 2 ? 2 : 2 - (float) Math.abs(40 * random.nextGaussian());
        weights[i] = Math.exp(logits[i] - 2.0);
        total += weights[i];
      }
      FloatBuffer row = Rows.of(logits);
      TokenDraw draw = new TokenDraw(new LogitScan(vocab));
      PlainCandidates plain = new PlainCandidates(vocab);
      double[] best = Arrays.stream(weights).map(w -> -w).sorted().map(w -> -w).toArray();
      for (int i = 0; i < 60; i++) {
        int tokens = 1 + random.nextInt(i % 2 == 0 ? vocab / 20 : vocab - 1);
        double uniform = Arrays.stream(weights, 0, tokens).reduce(0, Double::sum) / total;
        double topP = Arrays.stream(best, 0, tokens).reduce(0, Double::sum) / total;
        for (int ulp = -2; ulp <= 2; ulp++) {
          SamplingParams all = drawing(1);
          double u = Math.min(uniform + ulp * Math.ulp(uniform), Math.nextDown(1.0));
          assertEquals(plain.draw(logits, 2, all, u), draw.draw(row, 2, all, u), "seed " + seed);
          // the last draw takes the last token that is left
          SamplingParams some = drawing(Math.min(1, topP + ulp * Math.ulp(topP)));
          double end = Math.nextDown(1.0);
          assertEquals(
              plain.draw(logits, 2, some, end), draw.draw(row, 2, some, end), "seed " + seed);
        }
      }
    }
  }

  private static SamplingParams drawing(double topP) {
    return new SamplingParams(1, 0, topP, 0, 1, 0, 0, Map.of(), 0, 9, 0, false, Set.of(), -1);
  }

  @Test
  void logProbabilitiesAreThoseOfThePlainSums() {
    System.out.println("seed " + seed);
    for (int r = 0; r < 200; r++) {
      int vocab = 1 + random.nextInt(r % 10 == 0 ? 20_000 : 3000);
      float[] logits = Rows.random(random, vocab);
      FloatBuffer row = Rows.of(logits);
      int token = random.nextInt(vocab);
      int top = random.nextInt(21);
      LogProbabilities ours = new LogProbabilities(vocab);
      double logSum = PlainSampler.logSum(logits);
      if (Double.isNaN(logSum) || Double.isInfinite(logSum)) { // a logit was
        EngineException e = assertThrows(EngineException.class, () -> ours.of(row, token, top));
        assertEquals("engine.numerics", e.code());
        continue;
      }
      TokenLogprob expected = PlainSampler.of(logits, token, top);
      TokenLogprob got = ours.of(row, token, top);
      String what = "seed " + seed + ", row " + r;
      double bound = 1e-12 * Math.max(1, Math.abs(logSum));
      assertEquals(expected.logprob(), got.logprob(), bound, what);
      assertEquals(
          expected.top().stream().map(TokenLogprob.Alternative::token).toList(),
          got.top().stream().map(TokenLogprob.Alternative::token).toList(),
          what);
      for (int i = 0; i < got.top().size(); i++) {
        assertEquals(expected.top().get(i).logprob(), got.top().get(i).logprob(), bound, what);
      }
    }
  }
}
