package dev.tensafe.he.wire;

import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.Packing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The payloads after the hellos. docs/HE-PROTOCOL.md, "Messages". */
public final class Messages {
  /** Bytes before the ciphertexts of {@link Evaluate}. */
  public static final int EVALUATE_HEAD = 16;

  /** Bytes before the answers of {@link Answers}. */
  public static final int ANSWERS_HEAD = 16;

  private static final int DIGEST_BYTES = 32;
  private static final int MAX_DIMENSION = 1 << 20;

  /** Most packings of one matrix. */
  private static final int MAX_PACKINGS = 3;

  private Messages() {}

  /**
   * Asks for an adapter.
   *
   * @param ref the model host's number for it in this session
   * @param digest SHA-256 of its manifest
   */
  public record Open(int ref, byte[] digest) {
    public ByteBuffer encode() {
      return ByteBuffer.allocate(4 + DIGEST_BYTES).putInt(ref).put(digest).flip();
    }

    public static Open decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Open open = new Open(in.u32(), in.bytes(DIGEST_BYTES));
      in.end();
      return open;
    }
  }

  /**
   * The adapter host's description of one group.
   *
   * @param columns width of the vector it reads
   * @param rows of all its modules together
   * @param packings one to three
   * @param pads whether blocks of pads may be prepared
   */
  public record Group(GroupId id, int columns, int rows, List<Packing> packings, boolean pads) {
    public Group {
      packings = List.copyOf(packings);
    }
  }

  /** The adapter is there. */
  public record Opened(int ref, List<Group> groups) {
    public Opened {
      groups = List.copyOf(groups);
    }

    public ByteBuffer encode() {
      int bytes = 6;
      for (Group group : groups) {
        bytes += 16 + 8 * group.packings().size();
      }
      ByteBuffer out = ByteBuffer.allocate(bytes).putInt(ref).putShort((short) groups.size());
      for (Group group : groups) {
        out.putShort((short) group.id().layer())
            .put((byte) group.id().input())
            .put((byte) group.packings().size())
            .putInt(group.pads() ? 1 : 0)
            .putInt(group.columns())
            .putInt(group.rows());
        for (Packing packing : group.packings()) {
          out.putInt(packing.tokens()).putInt(packing.outputs());
        }
      }
      return out.flip();
    }

    public static Opened decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      int count = in.u16();
      List<Group> groups = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        GroupId id = GroupId.read(in);
        int packings = in.u8();
        if (packings < 1 || packings > MAX_PACKINGS) {
          throw Reading.bad(packings + " packings");
        }
        int pads = in.u32();
        if (pads != 0 && pads != 1) {
          throw Reading.bad("an unknown flag");
        }
        int columns = in.positive(MAX_DIMENSION);
        int rows = in.positive(MAX_DIMENSION);
        List<Packing> held = new ArrayList<>();
        for (int p = 0; p < packings; p++) {
          held.add(packing(in));
        }
        groups.add(new Group(id, columns, rows, held, pads == 1));
      }
      in.end();
      return new Opened(ref, groups);
    }

    private static Packing packing(Reading in) {
      try {
        return new Packing(in.positive(MAX_DIMENSION), in.positive(MAX_DIMENSION));
      } catch (CkksException e) {
        throw Reading.bad(e.description());
      }
    }
  }

  /**
   * Something is refused.
   *
   * @param request the evaluation, or 0 for the adapter as a whole
   */
  public record Refused(int ref, long request, Refusal refusal) {
    public ByteBuffer encode() {
      return ByteBuffer.allocate(14)
          .putInt(ref)
          .putLong(request)
          .putShort((short) refusal.id())
          .flip();
    }

    public static Refused decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Refused refused = new Refused(in.u32(), in.u64(), Refusal.of(in.u16()));
      in.end();
      return refused;
    }
  }

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

  /** A number to be echoed. */
  public static ByteBuffer number(long value) {
    return ByteBuffer.allocate(8).putLong(value).flip();
  }

  public static long readNumber(ByteBuffer payload) {
    Reading in = new Reading(payload);
    long value = in.u64();
    in.end();
    return value;
  }

  /** A reason to close. */
  public static ByteBuffer close(CloseReason reason) {
    return ByteBuffer.allocate(2).putShort((short) reason.id()).flip();
  }

  public static CloseReason readClose(ByteBuffer payload) {
    Reading in = new Reading(payload);
    CloseReason reason = CloseReason.of(in.u16());
    in.end();
    return reason;
  }

  /** An adapter's number. */
  public static ByteBuffer ref(int ref) {
    return ByteBuffer.allocate(4).putInt(ref).flip();
  }

  public static int readRef(ByteBuffer payload) {
    Reading in = new Reading(payload);
    int ref = in.u32();
    in.end();
    return ref;
  }

  /** Whether a payload is empty, as it has to be for some frames. */
  public static void requireEmpty(ByteBuffer payload) {
    new Reading(payload).end();
  }
}
