package dev.tensafe.batching.cache;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The keys of one sequence's full blocks. Each is SHA-256 over the key before it, the root for the
 * first, and the block's tokens as four bytes each: so a key stands for everything up to its
 * block's end. Leading blocks that are everybody's begin at a root of their own; the first block
 * after them has the scope's root in its hash as well, behind the key before it, and so does what
 * follows. Keys are computed once, when they are first asked for. Confined to one thread.
 */
public final class KeyChain {
  private final BlockKey publicRoot;
  private final int publicBlocks;
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
    this(root, 0, root, blockSize);
  }

  /**
   * @param publicRoot of the leading blocks
   * @param publicBlocks how many of them are everybody's
   * @param root of the scope that may share the others
   * @param blockSize tokens per block
   */
  KeyChain(BlockKey publicRoot, int publicBlocks, BlockKey root, int blockSize) {
    this.publicRoot = publicRoot;
    this.publicBlocks = publicBlocks;
    this.root = root;
    this.blockSize = blockSize;
    this.input = ByteBuffer.allocate(2 * BlockKey.BYTES + blockSize * Integer.BYTES);
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
      BlockKey next = next(tokens);
      if (count == keys.length) {
        keys = Arrays.copyOf(keys, count * 2);
      }
      keys[count++] = next;
    }
    return keys[block];
  }

  /**
   * What a block's key was made from: the key before it, or a root.
   *
   * @param block whose key was asked for
   */
  BlockKey before(int block) {
    if (block > 0) {
      return keys[block - 1];
    }
    return publicBlocks > 0 ? publicRoot : root;
  }

  private BlockKey next(int[] tokens) {
    input.clear();
    before(count).put(input);
    if (count == publicBlocks && count > 0) {
      root.put(input);
    }
    for (int i = count * blockSize; i < (count + 1) * blockSize; i++) {
      input.putInt(tokens[i]);
    }
    sha.update(input.array(), 0, input.position());
    return BlockKey.of(sha.digest());
  }

  /** Tokens from this block on have changed. */
  public void truncate(int blocks) {
    count = Math.min(count, blocks);
  }
}
