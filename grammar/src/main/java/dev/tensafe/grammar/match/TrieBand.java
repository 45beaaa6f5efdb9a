package dev.tensafe.grammar.match;

import java.util.Arrays;

/**
 * The tokens of some lengths by their bytes. Nodes are numbered depth first, so the nodes below one
 * are those that follow it, up to its end; a walk needs no stack of children. Immutable.
 */
final class TrieBand {
  /** No token, no node. */
  static final int NONE = -1;

  /** Its place among the vocabulary's. */
  final int number;

  /** Bytes of its longest token, at least 1. */
  final int longest;

  /** By node: the byte that leads to it. */
  final byte[] bytes;

  /** By node: bytes from the root, 1 for the first nodes. */
  final short[] depths;

  /** By node: the first node that is not below it. */
  final int[] ends;

  /** By node: the token that ends there, or {@link #NONE}. */
  final int[] tokens;

  /** By byte: the node below the root, or {@link #NONE}. */
  private final int[] first = new int[256];

  /** By node: some token at it or below. */
  private final int[] samples;

  /** By token: the next one of the same bytes, or {@link #NONE}; of all bands. */
  private final int[] sameBytes;

  /**
   * Builds one.
   *
   * @param texts bytes by token id
   * @param order the ids that belong here, ascending by their bytes
   * @param sameBytes room for a number per token, {@link #NONE} in each
   */
  TrieBand(int number, byte[][] texts, int[] order, int[] sameBytes) {
    this.number = number;
    this.sameBytes = sameBytes;
    int most = 0;
    int depth = 1;
    for (int id : order) {
      most += texts[id].length;
      depth = Math.max(depth, texts[id].length);
    }
    this.longest = depth;
    byte[] bytes = new byte[most];
    short[] depths = new short[most];
    int[] ends = new int[most];
    int[] tokens = new int[most];
    int[] samples = new int[most];
    int[] path = new int[longest];
    byte[] before = {};
    int count = 0;
    for (int id : order) {
      byte[] text = texts[id];
      int common = Arrays.mismatch(before, text);
      if (common < 0) {
        int node = path[text.length - 1];
        sameBytes[id] = tokens[node];
        tokens[node] = id;
        continue;
      }
      for (int d = common; d < before.length; d++) {
        ends[path[d]] = count;
      }
      for (int d = common; d < text.length; d++) {
        path[d] = count;
        bytes[count] = text[d];
        depths[count] = (short) (d + 1);
        tokens[count] = NONE;
        samples[count++] = id;
      }
      tokens[count - 1] = id;
      before = text;
    }
    for (int d = 0; d < before.length; d++) {
      ends[path[d]] = count;
    }
    this.bytes = Arrays.copyOf(bytes, count);
    this.depths = Arrays.copyOf(depths, count);
    this.ends = Arrays.copyOf(ends, count);
    this.tokens = Arrays.copyOf(tokens, count);
    this.samples = Arrays.copyOf(samples, count);
    Arrays.fill(first, NONE);
    for (int node = 0; node < count; node = ends[node]) {
      first[bytes[node] & 0xff] = node;
    }
  }

  int nodes() {
    return bytes.length;
  }

  /** The node below the root at a byte 0 … 255; {@link #NONE} where there is none. */
  int first(int value) {
    return first[value];
  }

  boolean hasMore(int node) {
    return ends[node] > node + 1;
  }

  /** Sets the bits of the tokens that end at a node. */
  void mark(int node, long[] bits) {
    for (int token = tokens[node]; token >= 0; token = sameBytes[token]) {
      bits[token >>> 6] |= 1L << (token & 63);
    }
  }

  /** Clears the bits of the tokens that end at a node. */
  void unmark(int node, long[] bits) {
    for (int token = tokens[node]; token >= 0; token = sameBytes[token]) {
      bits[token >>> 6] &= ~(1L << (token & 63));
    }
  }

  /** A token whose bytes begin with those that lead to a node. */
  int sample(int node) {
    return samples[node];
  }

  /** Memory, in bytes, about. */
  long size() {
    return 15L * bytes.length;
  }
}
