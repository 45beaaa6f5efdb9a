package dev.tensafe.batching.cache;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The keys of one sequence's full blocks. Each is SHA-256 over the key before it, the root for the
 * first, and the block's tokens as four bytes each: so a key stands for everything up to its
 * block's end. Keys are computed once, when they are first asked for. Confined to one thread.
 */
public final class KeyChain {
  private final BlockKey root;
  private final int blockSize;
  private final MessageDigest sha = Sha256.create();
  private final ByteBuffer input;
  private BlockKey[] keys = new BlockKey[8];
  private int count;

  /**
   * @param root of the scope that may share the blocks
   * @param blockSize tokens per block
   */
  public KeyChain(BlockKey root, int blockSize) {
    this.root = root;
    this.blockSize = blockSize;
    this.input = ByteBuffer.allocate(BlockKey.BYTES + blockSize * Integer.BYTES);
  }

  /**
   * The key of a block.
   *
   * @param block index in the sequence
   * @param tokens of the sequence, at least to the block's end; up to the last block asked for, the
   *     same in every call since {@link #truncate}
   */
  public BlockKey key(int block, int[] tokens) {
    while (count <= block) {
      BlockKey next = next(count == 0 ? root : keys[count - 1], tokens, count * blockSize);
      if (count == keys.length) {
        keys = Arrays.copyOf(keys, count * 2);
      }
      keys[count++] = next;
    }
    return keys[block];
  }

  private BlockKey next(BlockKey before, int[] tokens, int from) {
    input.clear();
    before.put(input);
    for (int i = from; i < from + blockSize; i++) {
      input.putInt(tokens[i]);
    }
    return BlockKey.of(sha.digest(input.array()));
  }

  /** Tokens from this block on have changed. */
  public void truncate(int blocks) {
    count = Math.min(count, blocks);
  }
}
