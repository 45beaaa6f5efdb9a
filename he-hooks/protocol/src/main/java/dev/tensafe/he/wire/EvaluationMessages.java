package dev.tensafe.he.wire;

import java.nio.ByteBuffer;

/**
 * Heads of evaluations, of their answers, and of the blocks of pads made ahead for them; what is
 * encrypted follows a head. docs/HE-PROTOCOL.md, "Session". Values; their buffers belong to the
 * caller's thread.
 */
public final class EvaluationMessages {
  private EvaluationMessages() {}

  /**
   * The head of an evaluation; ciphertexts follow it.
   *
   * @param request not 0, unlike every other of the session
   * @param lane whose key they are encrypted under
   */
  public record Evaluate(long request, int ref, GroupId group, long lane) {
    /** Bytes of the head. */
    public static final int BYTES = 24;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putLong(request).putInt(ref);
      group.write(out);
      out.putLong(lane);
    }

    /** Reads the head and moves past it. */
    public static Evaluate decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Evaluate head = new Evaluate(requestNumber(in), in.u32(), GroupId.read(in), in.lane());
      payload.position(in.position());
      return head;
    }
  }

  /**
   * Announces a block of pads, for every group of an adapter.
   *
   * @param block 1 or more, greater than every other of the adapter in the session
   * @param tokens positions of a lane that uses it
   * @param firstId of its ciphertexts, group by group
   */
  public record Prepare(int ref, int block, int tokens, long firstId) {
    public ByteBuffer encode() {
      return ByteBuffer.allocate(20)
          .putInt(ref)
          .putInt(block)
          .putInt(tokens)
          .putLong(firstId)
          .flip();
    }

    public static Prepare decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Prepare prepare = new Prepare(in.u32(), in.u32(), in.u32(), in.u64());
      in.end();
      if (prepare.block() < 1 || prepare.tokens() < 1 || prepare.firstId() < 0) {
        throw Reading.bad("a block of pads with a number out of bounds");
      }
      return prepare;
    }
  }

  /** The head of what makes a block ready for one group: polynomials, which follow it. */
  public record Prepared(int ref, GroupId group, int block) {
    /** Bytes of the head. */
    public static final int BYTES = 12;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putInt(ref);
      group.write(out);
      out.putInt(block);
    }

    /** Reads the head and moves past it. */
    public static Prepared decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Prepared prepared = new Prepared(in.u32(), GroupId.read(in), in.u32());
      payload.position(in.position());
      return prepared;
    }
  }

  /** The head of an evaluation with pads; runs and then tokens follow it. */
  public record Padded(long request, int ref, GroupId group) {
    /** Bytes before the runs. */
    private static final int FIXED = 16;

    /** Bytes before the tokens. */
    public static int bytes(PaddedRuns runs) {
      return FIXED + runs.bytes();
    }

    /** Writes head and runs, {@link #bytes} in all, at the buffer's position. */
    public void encode(PaddedRuns runs, ByteBuffer out) {
      out.putLong(request).putInt(ref);
      group.write(out);
      runs.encode(out);
    }

    /**
     * Reads the head and moves past it and the runs.
     *
     * @param runs filled
     */
    public static Padded decode(ByteBuffer payload, PaddedRuns runs) {
      Reading in = new Reading(payload);
      Padded padded = new Padded(requestNumber(in), in.u32(), GroupId.read(in));
      runs.decode(in);
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
    /** Bytes of the head. */
    public static final int BYTES = 16;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
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

  private static long requestNumber(Reading in) {
    long request = in.u64();
    if (request == 0) {
      throw Reading.bad("an evaluation without a number");
    }
    return request;
  }
}
