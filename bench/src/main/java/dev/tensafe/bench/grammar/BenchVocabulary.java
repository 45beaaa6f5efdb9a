package dev.tensafe.bench.grammar;

import dev.tensafe.grammar.match.TokenTrie;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A vocabulary to make masks over: a tokenizer's, or that one made larger by joining pairs of its
 * tokens, as further merges would. Texts are cut by the longest token that fits, so that no
 * tokenizer has to know the joined ones.
 */
final class BenchVocabulary {
  private static final int LONGEST_JOINED = 24;
  private static final int MOST_JOINED = 64;

  private final List<byte[]> texts;
  private final Map<String, Integer> ids = new HashMap<>();

  private BenchVocabulary(List<byte[]> texts) {
    this.texts = texts;
    for (int id = texts.size() - 1; id >= 0; id--) {
      if (texts.get(id).length > 0) {
        ids.put(latin(texts.get(id), 0, texts.get(id).length), id);
      }
    }
  }

  private static String latin(byte[] text, int from, int to) {
    return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /**
   * Reads one.
   *
   * @param size tokens there shall be; 0 for the tokenizer's
   * @param seed of the choice of pairs
   */
  static BenchVocabulary of(Tokenizer tokenizer, int tokens, int size, long seed) {
    List<byte[]> texts = new ArrayList<>();
    for (int id = 0; id < tokens; id++) {
      boolean text = !tokenizer.special(id) && tokenizer.hasBytes(id);
      texts.add(text ? tokenizer.bytes(id) : new byte[0]);
    }
    Random random = new Random(seed);
    Map<String, Boolean> known = new HashMap<>();
    texts.forEach(text -> known.put(latin(text, 0, text.length), true));
    int own = texts.size();
    while (texts.size() < size) {
      byte[] first = texts.get(random.nextInt(own));
      byte[] second = texts.get(random.nextInt(own));
      if (first.length == 0
          || second.length == 0
          || first.length + second.length > LONGEST_JOINED
          || !joins(first, second)) {
        continue;
      }
      byte[] joined = new byte[first.length + second.length];
      System.arraycopy(first, 0, joined, 0, first.length);
      System.arraycopy(second, 0, joined, first.length, second.length);
      if (known.put(latin(joined, 0, joined.length), true) == null) {
        texts.add(joined);
      }
    }
    return new BenchVocabulary(texts);
  }

  /** Letters go on with letters, and signs with signs. */
  private static boolean joins(byte[] first, byte[] second) {
    return isLetter(first[first.length - 1]) == isLetter(second[0]);
  }

  private static boolean isLetter(byte value) {
    return value < 0 || Character.isLetter(value);
  }

  int size() {
    return texts.size();
  }

  /** A new trie, with nothing kept yet. */
  TokenTrie trie() {
    return TokenTrie.of(texts);
  }

  /** The tokens of a text; −1 for a byte that no token is. */
  int[] tokens(byte[] text) {
    List<Integer> all = new ArrayList<>();
    int at = 0;
    while (at < text.length) {
      Integer found = null;
      int end = Math.min(text.length, at + MOST_JOINED);
      while (found == null && end > at) {
        found = ids.get(latin(text, at, end--));
      }
      all.add(found == null ? -1 : found);
      at = found == null ? at + 1 : at + texts.get(found).length;
    }
    return all.stream().mapToInt(Integer::intValue).toArray();
  }
}
