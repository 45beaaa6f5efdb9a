package dev.tensafe.he.wire;

import java.nio.ByteBuffer;

/**
 * Heads of evaluations, of their answers, and of the pads made ahead for them; what is encrypted
 * follows a head. docs/HE-PROTOCOL.md, "Session". Values; their buffers belong to the caller's
 * thread.
 */
public final class EvaluationMessages {
  /** Bytes before the ciphertexts of {@link Evaluate}. */
  public static final int EVALUATE_HEAD = 16;

  /** Bytes before the answers of {@link Answers}. */
  public static final int ANSWERS_HEAD = 16;

  private EvaluationMessages() {}

  /**
   * The head of an evaluation; ciphertexts follow it.
   *
   * @param request not 0, unlike every other of the session
   */
  public record Evaluate(long request, int ref, GroupId group) {
    /** Writes {@value #EVALUATE_HEAD} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putLong(request)
          .putInt(ref)
          .putShort((short) group.layer())
          .put((byte) group.input())
          .put((byte) 0);
    }

    /** Reads the head and moves past it. */
    public static Evaluate decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      long request = in.u64();
      int ref = in.u32();
      GroupId group = GroupId.read(in);
      in.zero(1);
      payload.position(in.position());
      return new Evaluate(request, ref, group);
    }
  }

  /**
   * Names a block of pads; after it, in {@code PREPARE} the id of its first ciphertext, in {@code
   * PREPARED} what makes it ready.
   *
   * @param block unlike every other of the group in the session
   */
  public record Block(int ref, GroupId group, int block) {
    /** Bytes of the head. */
    public static final int BYTES = 12;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putInt(ref)
          .putShort((short) group.layer())
          .put((byte) group.input())
          .put((byte) 0)
          .putInt(block);
    }

    /** Reads the head and moves past it. */
    public static Block decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      GroupId group = GroupId.read(in);
      in.zero(1);
      Block block = new Block(ref, group, in.u32());
      payload.position(in.position());
      return block;
    }
  }

  /**
   * The head of an evaluation with pads; tokens follow it.
   *
   * @param first position in the block
   * @param count of tokens, at least 1
   */
  public record Padded(long request, Block block, int first, int count) {
    /** Bytes of the head. */
    public static final int BYTES = 8 + Block.BYTES + 4;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putLong(request);
      block.encode(out);
      out.putShort((short) first).putShort((short) count);
    }

    /** Reads the head and moves past it. */
    public static Padded decode(ByteBuffer payload) {
      long request = new Reading(payload).u64();
      payload.position(payload.position() + Long.BYTES);
      Block block = Block.decode(payload);
      Reading in = new Reading(payload);
      Padded padded = new Padded(request, block, in.u16(), in.u16());
      if (padded.count() == 0) {
        throw Reading.bad("no tokens");
      }
      payload.position(in.position());
      return padded;
    }
  }

  /**
   * The head of answers, which follow it.
   *
   * @param nanos what computing them took, as the adapter host says
   */
  public record Answers(long request, long nanos) {
    /** Writes {@value #ANSWERS_HEAD} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putLong(request).putLong(nanos);
    }

    /** Reads the head and moves past it. */
    public static Answers decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Answers answers = new Answers(in.u64(), in.u64());
      payload.position(in.position());
      return answers;
    }
  }
}
