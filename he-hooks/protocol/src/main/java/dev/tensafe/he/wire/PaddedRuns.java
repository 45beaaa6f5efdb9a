package dev.tensafe.he.wire;

import dev.tensafe.he.HeException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The positions that the tokens of an evaluation with pads stand at: runs of one lane's positions
 * in one block. Used again for message after message, so that none is made for each. Confined to
 * one thread.
 */
public final class PaddedRuns {
  /** Bytes of a run: u64 lane, u32 block, u16 first position, u16 positions. */
  public static final int RUN_BYTES = 16;

  private static final int MAX_RUNS = 0xffff;
  private static final int MAX_POSITION = 0xffff;

  private long[] lanes = new long[16];
  private int[] blocks = new int[16];
  private int[] firsts = new int[16];
  private int[] counts = new int[16];
  private int size;
  private int tokens;

  /** Removes all. */
  public void clear() {
    size = 0;
    tokens = 0;
  }

  /**
   * @param first position in the block, from 0
   * @param count of positions, at least 1
   */
  public void add(long lane, int block, int first, int count) {
    if (lane < 1 || first < 0 || count < 1 || first + count > MAX_POSITION || size == MAX_RUNS) {
      throw new IllegalArgumentException("a run that no message can hold");
    }
    if (size == lanes.length) {
      int larger = 2 * size;
      lanes = Arrays.copyOf(lanes, larger);
      blocks = Arrays.copyOf(blocks, larger);
      firsts = Arrays.copyOf(firsts, larger);
      counts = Arrays.copyOf(counts, larger);
    }
    lanes[size] = lane;
    blocks[size] = block;
    firsts[size] = first;
    counts[size] = count;
    size++;
    tokens += count;
  }

  /** The number of runs. */
  public int size() {
    return size;
  }

  /** The number of positions of all runs. */
  public int tokens() {
    return tokens;
  }

  public long lane(int run) {
    return lanes[index(run)];
  }

  public int block(int run) {
    return blocks[index(run)];
  }

  /** A run's first position. */
  public int first(int run) {
    return firsts[index(run)];
  }

  /** A run's positions. */
  public int count(int run) {
    return counts[index(run)];
  }

  private int index(int run) {
    if (run >= size) {
      throw new IndexOutOfBoundsException(run);
    }
    return run;
  }

  /** Bytes of {@link #encode}. */
  public int bytes() {
    return 4 + RUN_BYTES * size;
  }

  /** Writes the number of runs and the runs at the buffer's position. */
  void encode(ByteBuffer out) {
    out.putShort((short) size).putShort((short) 0);
    for (int i = 0; i < size; i++) {
      out.putLong(lanes[i])
          .putInt(blocks[i])
          .putShort((short) firsts[i])
          .putShort((short) counts[i]);
    }
  }

  /**
   * Reads runs in the place of those there are.
   *
   * @throws HeException {@code he.protocol}
   */
  void decode(Reading in) {
    clear();
    int runs = in.count(MAX_RUNS);
    for (int i = 0; i < runs; i++) {
      long lane = in.lane();
      int block = in.u32();
      int first = in.u16();
      int count = in.u16();
      if (count == 0 || first + count > MAX_POSITION) {
        throw Reading.bad("a run of no tokens, or beyond its block");
      }
      add(lane, block, first, count);
    }
  }
}
