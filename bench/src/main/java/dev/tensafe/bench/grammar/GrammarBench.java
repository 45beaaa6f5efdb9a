package dev.tensafe.bench.grammar;

import dev.tensafe.bench.Machine;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Matcher;
import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a mask takes, on one core: every sample's texts are followed token by token, and each mask
 * on the way is timed, the first ones of a state included. One round before warms the machine code
 * up; nothing that it kept is used.
 */
public final class GrammarBench {
  private final PrintWriter out;

  public GrammarBench(PrintWriter out) {
    this.out = out;
  }

  /** Times of one kind, in nanoseconds. */
  private static final class Times {
    private long[] of = new long[1024];
    private int count;

    void add(long nanos) {
      if (count == of.length) {
        of = Arrays.copyOf(of, count * 2);
      }
      of[count++] = nanos;
    }

    double micros(double quantile) {
      if (count == 0) {
        return 0;
      }
      long[] sorted = Arrays.copyOf(of, count);
      Arrays.sort(sorted);
      return sorted[Math.min(count - 1, (int) (count * quantile))] / 1000.0;
    }

    double meanMicros() {
      return Arrays.stream(of, 0, count).average().orElse(0) / 1000.0;
    }

    String line(String name) {
      return String.format(
          Locale.ROOT,
          "| %s | %d | %.1f | %.1f | %.1f | %.1f | %.1f |",
          name,
          count,
          meanMicros(),
          micros(0.5),
          micros(0.95),
          micros(0.99),
          micros(1));
    }
  }

  /** Measures. */
  private static final class Round {
    private final Times compile = new Times();
    private final Times first = new Times();
    private final Times masks = new Times();
    private final Times tokens = new Times();
    private int refused;
    private int rejected;
    private int failed;
    private long mostBytes;
  }

  /**
   * Runs and prints.
   *
   * @param directory of a tokenizer
   * @param tokens ids that it has
   * @param size tokens of the vocabulary; 0 for the tokenizer's
   * @param samples file of samples
   * @param seed of the larger vocabulary
   */
  public void run(Path directory, int tokens, int size, Path samples, long seed, int rounds) {
    List<GrammarSample> all = GrammarSample.read(samples);
    BenchVocabulary vocabulary;
    try (Tokenizer tokenizer = Tokenizer.load(directory)) {
      vocabulary = BenchVocabulary.of(tokenizer, tokens, size, seed);
    }
    out.printf(
        "%s; vocabulary of %d%s; %d samples%n",
        Machine.processor(),
        vocabulary.size(),
        size == 0 ? "" : ", pairs joined with seed " + seed,
        all.size());
    Round round = new Round();
    TokenTrie trie = vocabulary.trie();
    for (int i = 0; i < rounds; i++) {
      trie = vocabulary.trie();
      round = new Round();
      for (GrammarSample sample : all) {
        measure(sample, vocabulary, trie, round);
      }
    }
    out.println();
    out.println("| µs | n | mean | p50 | p95 | p99 | max |");
    out.println("|---|---|---|---|---|---|---|");
    out.println(round.compile.line("compiling"));
    out.println(round.first.line("first mask"));
    out.println(round.masks.line("mask"));
    out.println(round.tokens.line("token"));
    out.println();
    out.printf(
        "%d refused, %d valid texts rejected, %d failed%n",
        round.refused, round.rejected, round.failed);
    out.printf(
        Locale.ROOT,
        "kept for the vocabulary %.1f MB, trie %.1f MB, largest grammar %.1f MB%n",
        trie.cacheBytes() / 1e6,
        trie.bytes() / 1e6,
        round.mostBytes / 1e6);
    out.flush();
  }

  private void measure(
      GrammarSample sample, BenchVocabulary vocabulary, TokenTrie trie, Round round) {
    long begin = System.nanoTime();
    CompiledGrammar compiled;
    try {
      compiled = new CompiledGrammar(sample.grammar(), trie);
    } catch (GrammarException e) {
      round.refused++;
      return;
    }
    round.compile.add(System.nanoTime() - begin);
    boolean first = true;
    for (byte[] text : sample.texts()) {
      try {
        Matcher matcher = compiled.matcher();
        boolean valid = true;
        for (int token : vocabulary.tokens(text)) {
          long start = System.nanoTime();
          long[] mask = matcher.mask();
          long masked = System.nanoTime();
          boolean accepted = matcher.accept(token);
          round.tokens.add(System.nanoTime() - masked);
          round.masks.add(masked - start);
          if (first) {
            round.first.add(masked - start);
            first = false;
          }
          boolean allowed = token >= 0 && ((mask[token >>> 6] >>> (token & 63)) & 1) != 0;
          if (accepted != allowed) {
            throw new IllegalStateException("a mask and its matcher differ");
          }
          if (!accepted) {
            valid = false;
            break;
          }
        }
        round.rejected += valid && matcher.mayEnd() ? 0 : 1;
      } catch (GrammarException e) {
        round.failed++;
      }
    }
    round.mostBytes = Math.max(round.mostBytes, compiled.bytes());
  }
}
