package dev.tensafe.grammar.match;

import dev.tensafe.grammar.regex.Regexes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A vocabulary's tokens by their bytes, in bands by length: what a text may be depends, for short
 * tokens, on less of what lies ahead. With it lives what is found out about parts of masks, for all
 * grammars over the vocabulary. Thread-safe.
 */
public final class TokenTrie {
  /** Longest token of each band but the last. */
  private static final int[] BANDS = {4, 8, 16, 32};

  private static final long CACHE_BYTES = 96L << 20;

  private static final byte OUTSIDE_UTF_8 = (byte) 0xff;

  private static final byte[] NO_TEXT = {};

  private final byte[][] texts;
  private final List<TrieBand> bands;
  private final MaskCache cache;

  private TokenTrie(byte[][] texts, long cacheBytes) {
    this.texts = texts;
    this.cache = new MaskCache(cacheBytes);
    List<Integer> order = new ArrayList<>();
    for (int id = 0; id < texts.length; id++) {
      if (texts[id].length > Short.MAX_VALUE) {
        throw new IllegalArgumentException("a token of " + texts[id].length + " bytes");
      }
      if (texts[id].length > 0) {
        order.add(id);
      }
    }
    order.sort(Comparator.comparing(id -> texts[id], Arrays::compareUnsigned));
    int[] sameBytes = new int[texts.length];
    Arrays.fill(sameBytes, TrieBand.NONE);
    List<TrieBand> all = new ArrayList<>();
    int shortest = 1;
    for (int b = 0; b <= BANDS.length; b++) {
      int from = shortest;
      int to = b < BANDS.length ? BANDS[b] : Short.MAX_VALUE;
      int[] ids =
          order.stream()
              .filter(id -> texts[id].length >= from && texts[id].length <= to)
              .mapToInt(Integer::intValue)
              .toArray();
      if (ids.length > 0) {
        all.add(new TrieBand(all.size(), texts, ids, sameBytes));
      }
      shortest = to + 1;
    }
    this.bands = List.copyOf(all);
  }

  /**
   * Builds a trie of tokens that all stand for their text.
   *
   * @param texts bytes by token id; empty for tokens that stand for no text, which no mask allows
   */
  public static TokenTrie of(List<byte[]> texts) {
    return of(texts, Map.of());
  }

  /**
   * Builds a trie.
   *
   * @param texts bytes by token id; empty for tokens that stand for no text, which no mask allows:
   *     those that end a text are the caller's to allow. A token with the byte 0xFF, which no text
   *     in UTF-8 has, is left out, so that nothing but a special token has a special token's text.
   * @param specials names by the id of special tokens that a grammar may ask for ({@link
   *     Regexes#special}); their bytes in {@code texts} do not count
   */
  public static TokenTrie of(List<byte[]> texts, Map<Integer, String> specials) {
    return of(texts, specials, CACHE_BYTES);
  }

  /**
   * Builds a trie.
   *
   * @param cacheBytes memory for parts of masks
   */
  public static TokenTrie of(List<byte[]> texts, Map<Integer, String> specials, long cacheBytes) {
    byte[][] all = new byte[texts.size()][];
    for (int id = 0; id < all.length; id++) {
      String special = specials.get(id);
      all[id] = special != null ? Regexes.specialText(special) : ordinary(texts.get(id));
    }
    return new TokenTrie(all, cacheBytes);
  }

  private static byte[] ordinary(byte[] text) {
    for (byte value : text) {
      if (value == OUTSIDE_UTF_8) {
        return NO_TEXT;
      }
    }
    return text.clone();
  }

  /** Tokens, those without a text included: bits of a mask. */
  public int vocabSize() {
    return texts.length;
  }

  /** Memory of parts of masks that are kept for all grammars, in bytes. */
  public long cacheBytes() {
    return cache.bytes();
  }

  /** Memory of the tokens themselves, in bytes, about. */
  public long bytes() {
    long sum = 0;
    for (TrieBand band : bands) {
      sum += band.size();
    }
    for (byte[] text : texts) {
      sum += 16 + text.length;
    }
    return sum;
  }

  /** Bytes of a token; not to be changed. */
  byte[] text(int token) {
    return texts[token];
  }

  List<TrieBand> bands() {
    return bands;
  }

  MaskCache cache() {
    return cache;
  }

  /** Longest token, in bytes. */
  int longest() {
    return bands.stream().mapToInt(band -> band.longest).max().orElse(0);
  }

  /** Words of a mask. */
  int words() {
    return (texts.length + 63) / 64;
  }

  @Override
  public String toString() {
    return "TokenTrie[" + texts.length + " tokens]";
  }
}
