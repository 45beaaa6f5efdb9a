package dev.tensafe.he.client;

import dev.tensafe.formats.split.OwnerSplit;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.GroupTag;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.nativelib.ckks.TagRequest;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Has the tag of one adapter made, one check after the other: the adapter host applies its weights
 * to secret constants under a key that is used for nothing else. Confined to the session's tasks.
 */
final class TagSetup implements AutoCloseable {
  /** log2 of the room for an answer: the modulus without its sign, and the largest constant. */
  private static final int ROOM_BITS = 98 - 15;

  private final CkksContext ring;
  private final SessionHandshake shaken;
  private final ClientWriter writer;
  private final int ref;
  private final PublicPart adapter;
  private final int scaleBits;
  private final long[][] r = new long[GroupTag.CHECKS][];
  private final long[][] f;
  private final BitSet got = new BitSet();
  private final SecureRandom random = new SecureRandom();

  /** Of the keys that were announced, until one is chosen. */
  private final List<byte[]> seeds = new ArrayList<>();

  private int index;
  private @Nullable TagRequest request;

  /**
   * @param ring of tags
   * @param ref the adapter's number in the session
   * @param scaleBits from {@link #scaleBits}
   */
  TagSetup(
      CkksContext ring,
      SessionHandshake shaken,
      ClientWriter writer,
      int ref,
      PublicPart adapter,
      int scaleBits) {
    this.ring = ring;
    this.shaken = shaken;
    this.writer = writer;
    this.ref = ref;
    this.adapter = adapter;
    this.scaleBits = scaleBits;
    this.f = new long[GroupTag.CHECKS][adapter.columns()];
  }

  /** Exponent of the constants' scale; empty if an adapter's answers would not be exact. */
  static OptionalInt scaleBits(PublicPart adapter) {
    double largest = 1;
    for (PublicGroup group : adapter.groups()) {
      // rounding to integers moves the mean square by 1/12 at most
      double norm = Math.sqrt(group.columns() * (OwnerSplit.ROW_RMS * OwnerSplit.ROW_RMS + 1));
      largest = Math.max(largest, group.rows() * norm);
    }
    int bits = (int) Math.floor(ROOM_BITS - Math.log(largest) / Math.log(2));
    return bits < TagMessages.MIN_SCALE_BITS ? OptionalInt.empty() : OptionalInt.of(bits);
  }

  /** Asks for the next check: announces the keys that it may be made under. */
  void ask() {
    List<byte[]> hashes = new ArrayList<>();
    try (PublicHalves halves = PublicHalves.of(ring, publicSeed())) {
      for (int i = 0; i < TagMessages.CANDIDATES; i++) {
        byte[] seed = new byte[LaneMessages.SEED_BYTES];
        random.nextBytes(seed);
        seeds.add(seed);
        try (SecretKey key = SecretKey.derive(ring, SecretKind.UNIFORM, seed);
            PublicKey made = PublicKey.of(key, halves)) {
          hashes.add(LaneMessages.hash(i, made.message()));
        }
      }
    }
    writer.tell(FrameType.TAG_KEYS, new TagMessages.Keys(ref, index, hashes).encode());
  }

  private byte[] publicSeed() {
    return Hello.tagSeed(shaken.client(), shaken.host(), ref, index);
  }

  /**
   * Shows the keys that were not chosen, and sends constants under the one that was.
   *
   * @throws HeException {@code he.protocol} for a choice nobody asked for
   */
  void chosen(TagMessages.Choice choice) {
    if (choice.index() != index || request != null || seeds.size() != TagMessages.CANDIDATES) {
      throw new HeException(Reason.PROTOCOL, "a key of a tag nobody asked for");
    }
    TagRequest asked =
        TagRequest.begin(
            ring, publicSeed(), seeds.get(choice.kept()), adapter.mostRows(), scaleBits);
    request = asked;
    ByteBuffer message = asked.message();
    long bytes = TagMessages.Setup.BYTES + TagMessages.Setup.SEEDS + (long) message.remaining();
    if (bytes > shaken.host().maxPayload()) {
      throw new HeException(Reason.PROTOCOL, "a tag is too large for the adapter host");
    }
    ByteBuffer payload = ByteBuffer.allocate((int) bytes);
    new TagMessages.Setup(ref, index, scaleBits).encode(payload);
    for (int i = 0; i < seeds.size(); i++) {
      if (i != choice.kept()) {
        payload.put(seeds.get(i));
      }
    }
    wipeSeeds();
    writer.tell(FrameType.TAG_SETUP, payload.put(message).flip());
  }

  private void wipeSeeds() {
    seeds.forEach(seed -> Arrays.fill(seed, (byte) 0));
    seeds.clear();
  }

  /**
   * Takes a piece of an answer.
   *
   * @param chunks after the head
   * @return the tag, once all of it is there
   * @throws HostileException if it is not of the adapter's weights, or no answer at all
   * @throws HeException {@code he.protocol} for a piece nobody asked for
   */
  @Nullable AdapterTag take(TagMessages.Tags head, ByteBuffer chunks) {
    int perChunk = ring.parameters().degree();
    int all = (adapter.columns() + perChunk - 1) / perChunk;
    TagRequest asked = request;
    if (asked == null
        || head.index() != index
        || head.chunks() != all
        || got.get(head.firstChunk())) {
      throw new HeException(Reason.PROTOCOL, "a tag nobody asked for");
    }
    int first = head.firstChunk() * perChunk;
    int last = Math.min(adapter.columns(), first + head.count() * perChunk);
    try {
      long[] values = asked.read(chunks, last - first);
      System.arraycopy(values, 0, f[index], first, last - first);
    } catch (CkksException e) {
      throw new HostileException(BarredHosts.Reason.MALFORMED);
    }
    got.set(head.firstChunk(), head.firstChunk() + head.count());
    if (got.cardinality() < all) {
      return null;
    }
    r[index] = asked.constants();
    close();
    if (!KnownAnswers.hold(adapter, r[index], f[index])) {
      throw new HostileException(BarredHosts.Reason.KNOWN_ANSWERS);
    }
    got.clear();
    index++;
    if (index == GroupTag.CHECKS) {
      return new AdapterTag(r, f);
    }
    ask();
    return null;
  }

  @Override
  public void close() {
    wipeSeeds();
    if (request != null) {
      request.close();
      request = null;
    }
  }
}
