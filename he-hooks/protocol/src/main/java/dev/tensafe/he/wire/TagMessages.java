package dev.tensafe.he.wire;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Heads of the messages that set up an adapter's tags, by which a model host checks every answer.
 * docs/HE-PROTOCOL.md, "Tags". Values; their buffers belong to the caller's thread.
 */
public final class TagMessages {
  /** Independent tags of an adapter. */
  public static final int TAGS = 2;

  /** Smallest exponent of the constants' scale: below it an answer is not exact. */
  public static final int MIN_SCALE_BITS = 54;

  /** Largest exponent of the constants' scale that leaves room for an answer. */
  public static final int MAX_SCALE_BITS = 83;

  /** Most chunks of one {@link Tags}. */
  public static final int MAX_CHUNKS = 64;

  /** Keys that the adapter host chooses one from; the others it has shown. */
  public static final int CANDIDATES = 8;

  private static final int HASH_BYTES = 32;

  private TagMessages() {}

  /**
   * The keys that a tag may be made under.
   *
   * @param hashes of their public keys, {@value #CANDIDATES}, as {@link LaneMessages#hash} has them
   *     with the number of the key from 0
   */
  public record Keys(int ref, int index, List<byte[]> hashes) {
    public Keys {
      hashes = List.copyOf(hashes);
    }

    public ByteBuffer encode() {
      ByteBuffer out = ByteBuffer.allocate(8 + CANDIDATES * HASH_BYTES);
      out.putInt(ref).put((byte) index).put((byte) 0).putShort((short) 0);
      hashes.forEach(out::put);
      return out.flip();
    }

    public static Keys decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      int index = tagIndex(in);
      in.zero(3);
      List<byte[]> hashes = new ArrayList<>();
      for (int i = 0; i < CANDIDATES; i++) {
        hashes.add(in.bytes(HASH_BYTES));
      }
      in.end();
      return new Keys(ref, index, hashes);
    }
  }

  /**
   * The key that a tag is to be made under.
   *
   * @param kept its number, from 0
   */
  public record Choice(int ref, int index, int kept) {
    public ByteBuffer encode() {
      return ByteBuffer.allocate(8)
          .putInt(ref)
          .put((byte) index)
          .put((byte) kept)
          .putShort((short) 0)
          .flip();
    }

    public static Choice decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      int index = tagIndex(in);
      int kept = in.u8();
      in.zero(2);
      in.end();
      if (kept >= CANDIDATES) {
        throw Reading.bad("there is no key " + kept + " of a tag");
      }
      return new Choice(ref, index, kept);
    }
  }

  /**
   * The head of a request for one tag. After it: the seeds of the keys that were not chosen,
   * ascending; the public key of the chosen one (CKKS message of kind 3); 32 bytes of mask seed;
   * encrypted constants (kind 6).
   *
   * @param ref of the adapter
   * @param index of the tag, from 0; each once
   * @param scaleBits exponent of the constants' scale, {@value #MIN_SCALE_BITS} to {@value
   *     #MAX_SCALE_BITS}
   */
  public record Setup(int ref, int index, int scaleBits) {
    /** Bytes of the head. */
    public static final int BYTES = 8;

    /** Bytes of the seeds after it. */
    public static final int SEEDS = (CANDIDATES - 1) * LaneMessages.SEED_BYTES;

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putInt(ref).put((byte) TAGS).put((byte) index).putShort((short) scaleBits);
    }

    /** Reads the head and moves past it. */
    public static Setup decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      if (in.u8() != TAGS) {
        throw Reading.bad("another number of tags than " + TAGS);
      }
      Setup setup = new Setup(ref, tagIndex(in), in.u16());
      if (setup.scaleBits() < MIN_SCALE_BITS || setup.scaleBits() > MAX_SCALE_BITS) {
        throw Reading.bad("a scale of 2^" + setup.scaleBits());
      }
      payload.position(in.position());
      return setup;
    }
  }

  /**
   * The head of a piece of one tag; its chunks follow.
   *
   * @param ref of the adapter
   * @param index of the tag
   * @param firstChunk of this piece, from 0
   * @param chunks of the whole tag
   */
  public record Tags(int ref, int index, int firstChunk, int chunks) {
    /** Bytes of the head. */
    public static final int BYTES = 16;

    /** Chunks that follow: as many as are left, at most {@value #MAX_CHUNKS}. */
    public int count() {
      return Math.min(MAX_CHUNKS, chunks - firstChunk);
    }

    /** Writes {@value #BYTES} bytes at the buffer's position. */
    public void encode(ByteBuffer out) {
      out.putInt(ref).put((byte) index).put((byte) 0).putShort((short) 0);
      out.putInt(firstChunk).putInt(chunks);
    }

    /** Reads the head and moves past it. */
    public static Tags decode(ByteBuffer payload) {
      Reading in = new Reading(payload);
      int ref = in.u32();
      int index = tagIndex(in);
      in.zero(3);
      Tags tags = new Tags(ref, index, in.u32(), in.u32());
      if (tags.firstChunk() < 0
          || tags.firstChunk() >= tags.chunks()
          || tags.firstChunk() % MAX_CHUNKS != 0) {
        throw Reading.bad("chunks that do not belong to a tag");
      }
      payload.position(in.position());
      return tags;
    }
  }

  private static int tagIndex(Reading in) {
    int index = in.u8();
    if (index >= TAGS) {
      throw Reading.bad("there is no tag " + index);
    }
    return index;
  }
}
