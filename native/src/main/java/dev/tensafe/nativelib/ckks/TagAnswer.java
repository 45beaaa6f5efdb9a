package dev.tensafe.nativelib.ckks;

import dev.tensafe.nativelib.NativeHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.List;

/**
 * The adapter host's side of one check of a tag: applies the rows of all groups to encrypted
 * constants. The columns of the groups, one behind the other, are answered in chunks of N. One
 * thread at a time; wiped when closed.
 */
public final class TagAnswer extends NativeHandle {
  private final CkksContext ring;
  private final PublicKey key;

  private TagAnswer(CkksContext ring, PublicKey key, long address) {
    super(
        address,
        answer -> {
          CkksNative.tagAnswerFree(answer);
          key.close();
        });
    this.ring = ring;
    this.key = key;
  }

  /**
   * The weights of a group.
   *
   * @param values [rows][columns] from index 0 on, direct, in the machine's byte order
   */
  public record Rows(int rows, int columns, IntBuffer values) {
    @Override
    public String toString() {
      return "Rows[" + rows + " × " + columns + "]";
    }
  }

  /**
   * Reads a request.
   *
   * @param ring with two limbs
   * @param publicSeed as the other side has it
   * @param rows constants there are to be
   * @param message of {@link TagRequest#message}, the rest of it, direct; not consumed
   * @throws CkksException MALFORMED_MESSAGE for anything else
   */
  public static TagAnswer open(CkksContext ring, byte[] publicSeed, int rows, ByteBuffer message) {
    DirectBuffers.require(message, ByteOrder.nativeOrder(), 0, "message");
    long keyBytes = PublicKey.messageBytes(ring);
    if (message.remaining() < keyBytes) {
      throw new CkksException(CkksException.Reason.MALFORMED_MESSAGE, "tag: no public key");
    }
    int split = message.position() + (int) keyBytes;
    ByteBuffer shared = message.duplicate().limit(split);
    ByteBuffer constants = message.duplicate().position(split);
    PublicKey key;
    try (PublicHalves halves = PublicHalves.of(ring, publicSeed)) {
      key = PublicKey.read(ring, shared, halves);
    }
    try (Lease c = ring.use()) {
      return new TagAnswer(
          ring,
          key,
          CkksNative.tagAnswerOpen(
              c.address(), rows, constants, constants.position(), constants.remaining()));
    } catch (RuntimeException | Error e) {
      key.close();
      throw e;
    }
  }

  /** Chunks that the columns of all groups take. */
  public static int chunks(CkksContext ring, int columns) {
    int degree = ring.parameters().degree();
    return (columns + degree - 1) / degree;
  }

  /**
   * Bytes of a chunk.
   *
   * @param columns in it
   */
  public static long chunkBytes(CkksContext ring, int columns) {
    try (Lease c = ring.use()) {
      return CkksNative.tagChunkBytes(c.address(), columns);
    }
  }

  /**
   * Answers chunks.
   *
   * @param groups all of them, in order; none has more rows than the request
   * @param firstChunk from 0
   * @param out direct; its position moves past the chunks
   */
  public void evaluate(List<Rows> groups, int firstChunk, int count, ByteBuffer out) {
    int degree = ring.parameters().degree();
    int all = groups.stream().mapToInt(Rows::columns).sum();
    for (int chunk = firstChunk; chunk < firstChunk + count; chunk++) {
      int from = chunk * degree;
      int columns = Math.min(degree, all - from);
      if (columns <= 0) {
        throw new CkksException(CkksException.Reason.INVALID_ARGUMENT, "tag: no such chunk");
      }
      long bytes = chunkBytes(ring, columns);
      DirectBuffers.requireWritable(out, out.order(), bytes, "chunks");
      try (Lease k = key.use();
          Lease answer = lease()) {
        put(answer, groups, from, columns);
        CkksNative.tagAnswerWrite(answer.address(), k.address(), columns, out, out.position());
      }
      out.position(out.position() + (int) bytes);
    }
  }

  private static void put(Lease answer, List<Rows> groups, int from, int columns) {
    int start = 0;
    for (Rows group : groups) {
      int first = Math.max(from, start);
      int end = Math.min(from + columns, start + group.columns());
      if (first < end) {
        IntBuffer values = group.values();
        DirectBuffers.require(
            values.duplicate().clear(),
            values.order(),
            (long) group.rows() * group.columns(),
            "weights");
        CkksNative.tagAnswerPut(
            answer.address(),
            values,
            0,
            group.rows(),
            group.columns(),
            first - start,
            end - first,
            first - from);
      }
      start += group.columns();
    }
  }
}
