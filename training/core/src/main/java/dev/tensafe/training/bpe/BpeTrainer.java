package dev.tensafe.training.bpe;

import dev.tensafe.training.TrainingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns byte-pair merges (Sennrich et al., arXiv:1508.07909) over bytes: the most frequent pair of
 * neighbours within words becomes a token, again and again. Ties go to the pair with the smaller
 * ids, as in Hugging Face tokenizers. For one thread.
 */
public final class BpeTrainer {
  /** GPT-2's words (openai/gpt-2, {@code encoder.py}); what a ByteLevel pre-tokenizer applies. */
  private static final Pattern WORD =
      Pattern.compile(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          Pattern.UNICODE_CHARACTER_CLASS);

  private final Map<String, Long> words = new HashMap<>();

  /**
   * A merge of two tokens into one; ids 0 to 255 are bytes, merge number n makes id 256 + n.
   *
   * @param count how often the pair stood in the text
   */
  public record Merge(int left, int right, long count) {}

  /** Counts the words of a text. */
  public void add(String text) {
    Matcher matcher = WORD.matcher(text);
    while (matcher.find()) {
      words.merge(matcher.group(), 1L, Long::sum);
    }
  }

  /**
   * Learns merges from what was added.
   *
   * @param count most merges; fewer when no pair is left that stands there twice
   * @throws TrainingException {@code data.empty} when nothing was added
   */
  public List<Merge> train(int count) {
    if (words.isEmpty()) {
      throw new TrainingException("data.empty", "there is no text to learn a tokenizer from");
    }
    return new Learner(words).learn(count);
  }

  /** The state of one training: words as ids, and where each pair stands. */
  private static final class Learner {
    private record Candidate(long pair, long count) implements Comparable<Candidate> {
      @Override
      public int compareTo(Candidate other) {
        int byCount = Long.compare(other.count, count);
        return byCount != 0 ? byCount : Long.compare(pair, other.pair);
      }
    }

    private final List<int[]> ids = new ArrayList<>();
    private final List<Long> counts = new ArrayList<>();
    private final Map<Long, Long> pairCounts = new HashMap<>();
    private final Map<Long, Set<Integer>> wordsOf = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();

    Learner(Map<String, Long> words) {
      words.forEach(
          (word, count) -> {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            int[] tokens = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
              tokens[i] = bytes[i] & 0xff;
            }
            ids.add(tokens);
            counts.add(count);
          });
      Set<Long> touched = new HashSet<>();
      for (int w = 0; w < ids.size(); w++) {
        count(w, ids.get(w), 1, touched);
      }
      offer(touched);
    }

    List<Merge> learn(int limit) {
      List<Merge> merges = new ArrayList<>();
      while (merges.size() < limit) {
        Candidate best = queue.poll();
        if (best == null || best.count < 2) {
          break;
        }
        // entries are not removed when counts change; outdated ones are passed over
        if (pairCounts.getOrDefault(best.pair, 0L) != best.count) {
          continue;
        }
        int made = 256 + merges.size();
        merges.add(new Merge((int) (best.pair >>> 32), (int) best.pair, best.count));
        apply(best.pair, made);
      }
      return merges;
    }

    private void apply(long pair, int made) {
      Set<Long> touched = new HashSet<>();
      for (int w : List.copyOf(wordsOf.getOrDefault(pair, Set.of()))) {
        int[] before = ids.get(w);
        count(w, before, -1, touched);
        int[] after = merged(before, (int) (pair >>> 32), (int) pair, made);
        ids.set(w, after);
        count(w, after, 1, touched);
      }
      offer(touched);
    }

    private static int[] merged(int[] tokens, int left, int right, int made) {
      int[] out = new int[tokens.length];
      int n = 0;
      for (int i = 0; i < tokens.length; i++) {
        boolean here = i + 1 < tokens.length && tokens[i] == left && tokens[i + 1] == right;
        out[n++] = here ? made : tokens[i];
        i += here ? 1 : 0;
      }
      return Arrays.copyOf(out, n);
    }

    private void count(int word, int[] tokens, int sign, Set<Long> touched) {
      for (int i = 0; i + 1 < tokens.length; i++) {
        long pair = (long) tokens[i] << 32 | tokens[i + 1];
        pairCounts.merge(pair, sign * counts.get(word), Long::sum);
        Set<Integer> places = wordsOf.computeIfAbsent(pair, p -> new HashSet<>());
        if (sign > 0) {
          places.add(word);
        } else {
          places.remove(word);
        }
        touched.add(pair);
      }
    }

    private void offer(Set<Long> pairs) {
      for (long pair : pairs) {
        long count = pairCounts.getOrDefault(pair, 0L);
        if (count > 0) {
          queue.add(new Candidate(pair, count));
        }
      }
    }
  }
}
