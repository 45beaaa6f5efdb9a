package dev.tensafe.he.wire;

import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.Packing;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Payloads that open an adapter in a session, refuse one, and forget it. docs/HE-PROTOCOL.md,
 * "Session". Values; their buffers belong to the caller's thread.
 */
public final class AdapterMessages {
  private static final int DIGEST_BYTES = 32;
  private static final int MAX_DIMENSION = 1 << 20;

  /** Most packings of one matrix. */
  private static final int MAX_PACKINGS = 3;

  private AdapterMessages() {}

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
        GroupId id = GroupId.readShort(in);
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
}
