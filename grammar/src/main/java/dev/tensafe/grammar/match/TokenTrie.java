package dev.tensafe.grammar.match;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * A vocabulary's tokens by their bytes. Nodes are numbered depth first, so the nodes below one are
 * those that follow it, up to its end; a walk needs no stack of children. Immutable.
 */
public final class TokenTrie {
  private static final int[] NO_TOKENS = {};

  private final int vocabSize;

  /** By node: the byte that leads to it, how deep it is, the node after all below it. */
  private final byte[] bytes;

  private final short[] depths;
  private final int[] ends;

  /** By node: where its tokens begin in {@link #tokens}; one more entry than nodes. */
  private final int[] firstToken;

  private final int[] tokens;
  private final byte[][] texts;

  private TokenTrie(
      int vocabSize,
      byte[] bytes,
      short[] depths,
      int[] ends,
      int[] firstToken,
      int[] tokens,
      byte[][] texts) {
    this.vocabSize = vocabSize;
    this.bytes = bytes;
    this.depths = depths;
    this.ends = ends;
    this.firstToken = firstToken;
    this.tokens = tokens;
    this.texts = texts;
  }

  /**
   * Builds a trie.
   *
   * @param texts bytes by token id; empty for tokens that stand for no text, which no mask allows
   */
  public static TokenTrie of(List<byte[]> texts) {
    byte[][] all = texts.stream().map(byte[]::clone).toArray(byte[][]::new);
    List<Integer> order = new ArrayList<>();
    for (int id = 0; id < all.length; id++) {
      if (all[id].length > 0) {
        order.add(id);
      }
    }
    order.sort(Comparator.comparing(id -> all[id], Arrays::compareUnsigned));
    return new Builder(all, order).build();
  }

  public int vocabSize() {
    return vocabSize;
  }

  /** Bytes of a token; not to be changed. */
  byte[] text(int token) {
    return texts[token];
  }

  int nodes() {
    return bytes.length;
  }

  int value(int node) {
    return bytes[node] & 0xff;
  }

  /** Bytes from the root: 1 for the first nodes. */
  int depth(int node) {
    return depths[node];
  }

  /** The first node that is not below this one. */
  int end(int node) {
    return ends[node];
  }

  /** Adds the tokens that end at a node to a mask. */
  void mark(int node, long[] mask) {
    for (int i = firstToken[node]; i < firstToken[node + 1]; i++) {
      mask[tokens[i] >>> 6] |= 1L << (tokens[i] & 63);
    }
  }

  /** Longest token, in bytes. */
  int maxDepth() {
    int most = 0;
    for (short depth : depths) {
      most = Math.max(most, depth);
    }
    return most;
  }

  @Override
  public String toString() {
    return "TokenTrie[" + vocabSize + " tokens, " + bytes.length + " nodes]";
  }

  private static final class Builder {
    private final byte[][] texts;
    private final List<Integer> order;
    private byte[] bytes = new byte[1024];
    private short[] depths = new short[1024];
    private int[] ends = new int[1024];
    private int count;

    Builder(byte[][] texts, List<Integer> order) {
      this.texts = texts;
      this.order = order;
    }

    TokenTrie build() {
      int longest =
          texts.length == 0 ? 0 : Arrays.stream(texts).mapToInt(t -> t.length).max().getAsInt();
      if (longest > Short.MAX_VALUE) {
        throw new IllegalArgumentException("a token of " + longest + " bytes");
      }
      int[] path = new int[longest + 1];
      byte[] before = {};
      int[] nodeOf = new int[order.size()];
      for (int i = 0; i < order.size(); i++) {
        byte[] text = texts[order.get(i)];
        int common = Arrays.mismatch(before, text);
        common = common < 0 ? text.length : common;
        for (int depth = common; depth < before.length; depth++) {
          ends[path[depth]] = count;
        }
        for (int depth = common; depth < text.length; depth++) {
          path[depth] = add(text[depth], depth + 1);
        }
        nodeOf[i] = path[text.length - 1];
        before = text;
      }
      for (int depth = 0; depth < before.length; depth++) {
        ends[path[depth]] = count;
      }
      return finish(nodeOf);
    }

    private int add(byte value, int depth) {
      if (count == bytes.length) {
        bytes = Arrays.copyOf(bytes, count * 2);
        depths = Arrays.copyOf(depths, count * 2);
        ends = Arrays.copyOf(ends, count * 2);
      }
      bytes[count] = value;
      depths[count] = (short) depth;
      return count++;
    }

    /** Tokens are in the order of their nodes already: equal bytes follow each other. */
    private TokenTrie finish(int[] nodeOf) {
      int[] first = new int[count + 1];
      int[] tokens = new int[nodeOf.length];
      for (int i = 0; i < nodeOf.length; i++) {
        first[nodeOf[i] + 1]++;
        tokens[i] = order.get(i);
      }
      for (int node = 0; node < count; node++) {
        first[node + 1] += first[node];
      }
      return new TokenTrie(
          texts.length,
          Arrays.copyOf(bytes, count),
          Arrays.copyOf(depths, count),
          Arrays.copyOf(ends, count),
          first,
          nodeOf.length == 0 ? NO_TOKENS : tokens,
          texts);
    }
  }
}
