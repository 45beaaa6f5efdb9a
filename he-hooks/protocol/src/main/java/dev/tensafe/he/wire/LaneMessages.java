package dev.tensafe.he.wire;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Payloads about lanes: the keys of single requests. A batch of them is announced by hashes; the
 * adapter host has some shown, and of the others the public keys follow. docs/HE-PROTOCOL.md,
 * "Lanes". Values; their buffers belong to the caller's thread. Lanes are numbered 1, 2, … in a
 * session.
 */
public final class LaneMessages {
  /** Most lanes of one announcement. */
  public static final int MAX_BATCH = 64;

  /** Bytes of a lane's seed. */
  public static final int SEED_BYTES = 32;

  /** Bytes before the public key of {@link Key}. */
  public static final int KEY_HEAD = 8;

  private static final int HASH_BYTES = 32;
  private static final int MAX_RETIRED = 0xffff;
  private static final int HEAD = 12;

  private LaneMessages() {}

  /** Of a batch of so many lanes, those that have to be shown. */
  public static int shown(int lanes) {
    return (lanes + 7) / 8;
  }

  /**
   * SHA-256 of a lane's number (8 bytes) and the message of its public key.
   *
   * @param publicKey from position to limit; not moved
   */
  public static byte[] hash(long lane, ByteBuffer publicKey) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(lane).flip());
      digest.update(publicKey.duplicate());
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * New lanes.
   *
   * @param first the number of the first; the others follow it
   * @param hashes of their public keys, 1 to {@value #MAX_BATCH}
   */
  public record Lanes(long first, List<byte[]> hashes) {
    public Lanes {
      hashes = List.copyOf(hashes);
    }

    public ByteBuffer encode() {
      return list(first, hashes, HASH_BYTES);
    }

    public static Lanes decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      long first = in.lane();
      List<byte[]> hashes = read(in, in.count(MAX_BATCH), HASH_BYTES);
      in.end();
      requireRange(first, hashes.size());
      return new Lanes(first, hashes);
    }
  }

  /**
   * Which lanes of a batch have to be shown.
   *
   * @param first the batch's first lane
   * @param count of its lanes
   * @param opened bit i for lane {@code first + i}; {@link #shown} of them
   */
  public record OpenLanes(long first, int count, BitSet opened) {
    public ByteBuffer encode() {
      int bytes = (count + 7) / 8;
      ByteBuffer out = head(first, count, bytes);
      out.put(opened.toByteArray());
      return out.position(0).limit(HEAD + bytes);
    }

    public static OpenLanes decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      long first = in.lane();
      int count = in.count(MAX_BATCH);
      BitSet opened = BitSet.valueOf(in.bytes((count + 7) / 8));
      in.end();
      requireRange(first, count);
      if (opened.length() > count || opened.cardinality() != shown(count)) {
        throw Reading.bad("another number of lanes to show than there should be");
      }
      return new OpenLanes(first, count, opened);
    }
  }

  /**
   * The seeds of the lanes that have to be shown, ascending.
   *
   * @param first the batch's first lane
   */
  public record Seeds(long first, List<byte[]> seeds) {
    public Seeds {
      seeds = List.copyOf(seeds);
    }

    public ByteBuffer encode() {
      return list(first, seeds, SEED_BYTES);
    }

    public static Seeds decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      long first = in.lane();
      List<byte[]> seeds = read(in, in.count(shown(MAX_BATCH)), SEED_BYTES);
      in.end();
      return new Seeds(first, seeds);
    }

    /** Their number: seeds are keys. */
    @Override
    public String toString() {
      return "Seeds[" + first + ", " + seeds.size() + " seeds]";
    }
  }

  /**
   * The head of a lane's public key, which follows it as a CKKS message of kind 3.
   *
   * @param lane one that did not have to be shown
   */
  public record Key(long lane) {
    /** Writes {@value #KEY_HEAD} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putLong(lane);
    }

    /** Reads the head and moves past it. */
    public static Key decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Key key = new Key(in.lane());
      payload.position(in.position());
      return key;
    }
  }

  /**
   * A lane will use a block of pads.
   *
   * @param ref of the adapter that the block was prepared for
   */
  public record Bind(long lane, int ref, int block) {
    public ByteBuffer encode() {
      return ByteBuffer.allocate(16).putLong(lane).putInt(ref).putInt(block).flip();
    }

    public static Bind decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      Bind bind = new Bind(in.lane(), in.u32(), in.u32());
      in.end();
      return bind;
    }
  }

  /** Lanes that are not used any more, 1 to 65,535. */
  public record Retire(List<Long> lanes) {
    public Retire {
      lanes = List.copyOf(lanes);
    }

    public ByteBuffer encode() {
      ByteBuffer out = ByteBuffer.allocate(4 + Long.BYTES * lanes.size());
      out.putShort((short) lanes.size()).putShort((short) 0);
      lanes.forEach(out::putLong);
      return out.flip();
    }

    public static Retire decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int count = in.count(MAX_RETIRED);
      List<Long> lanes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        lanes.add(in.lane());
      }
      in.end();
      return new Retire(lanes);
    }
  }

  private static ByteBuffer head(long first, int count, int bytes) {
    return ByteBuffer.allocate(HEAD + bytes)
        .putLong(first)
        .putShort((short) count)
        .putShort((short) 0);
  }

  private static ByteBuffer list(long first, List<byte[]> items, int bytes) {
    ByteBuffer out = head(first, items.size(), bytes * items.size());
    items.forEach(out::put);
    return out.flip();
  }

  private static List<byte[]> read(Reading in, int count, int bytes) {
    List<byte[]> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(in.bytes(bytes));
    }
    return items;
  }

  private static void requireRange(long first, int count) {
    if (first > Long.MAX_VALUE - count) {
      throw Reading.bad("lanes beyond the last number");
    }
  }
}
