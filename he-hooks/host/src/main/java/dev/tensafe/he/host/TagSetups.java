package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.nativelib.ckks.TagAnswer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the tags that one session asks for: what encrypted constants of a model host make of an
 * adapter's rows, so that it can check every later answer. A tag says something of the weights, and
 * is metered for it. For the session's thread; tags are computed by the {@link SetupThread}.
 */
final class TagSetups {
  private static final Logger LOG = LoggerFactory.getLogger(TagSetups.class);

  /** Tags under way beyond which the session itself waits for the next. */
  private static final int MOST_WAITING = 8;

  private final AdapterHost host;
  private final SessionKeys keys;
  private final HostOpenAdapters open;
  private final HostWriter writer;
  private final AtomicInteger waiting = new AtomicInteger();
  private final SecureRandom random = new SecureRandom();

  TagSetups(AdapterHost host, SessionKeys keys, HostOpenAdapters open, HostWriter writer) {
    this.host = host;
    this.keys = keys;
    this.open = open;
    this.writer = writer;
  }

  /**
   * Chooses the key that a tag is made under, or refuses it.
   *
   * @throws HeException {@code he.protocol} for another tag than is due
   */
  void announce(TagMessages.Keys announced) throws IOException {
    HostOpenAdapter opened = open.require(announced.ref());
    opened.beginTag(announced.index());
    if (announced.index() == 0) {
      opened.refuseTags(refusal(opened));
    }
    Refusal refusal = opened.tagRefusal();
    if (refusal != null) {
      writer.refuse(announced.ref(), 0, refusal);
      return;
    }
    int kept = random.nextInt(TagMessages.CANDIDATES);
    opened.chooseTagKey(new HostOpenAdapter.TagKey(announced, kept));
    writer.send(
        FrameType.TAG_CHOICE,
        new TagMessages.Choice(announced.ref(), announced.index(), kept).encode());
  }

  /**
   * Has a tag computed and sent.
   *
   * @throws HeException {@code he.protocol} for another tag than is due, {@code he.barred} if a key
   *     is not what was announced
   */
  void setUp(ByteBuffer payload) {
    TagMessages.Setup setup = TagMessages.Setup.decode(payload);
    HostOpenAdapter opened = open.require(setup.ref());
    prove(setup, opened.takeTagKey(setup.index()), payload);
    ByteBuffer message = ByteBuffer.allocateDirect(payload.remaining()).put(payload).flip();
    SealedPart adapter = opened.adapter();
    if (waiting.incrementAndGet() > MOST_WAITING) {
      give(setup, adapter, message);
    } else {
      host.setups.submit(() -> give(setup, adapter, message));
    }
  }

  /** Makes the shown keys again from their seeds, and moves past those. */
  private void prove(TagMessages.Setup setup, HostOpenAdapter.TagKey chosen, ByteBuffer payload) {
    CkksContext ring = host.tools.context(Profile.STRICT);
    int keyBytes = (int) PublicKey.messageBytes(ring);
    if (payload.remaining() < TagMessages.Setup.SEEDS + keyBytes) {
      throw new HeException(Reason.PROTOCOL, "a tag without its keys");
    }
    byte[] halvesSeed = Hello.tagSeed(keys.client(), keys.host(), setup.ref(), setup.index());
    byte[] seed = new byte[LaneMessages.SEED_BYTES];
    try (PublicHalves halves = PublicHalves.of(ring, halvesSeed)) {
      for (int i = 0; i < TagMessages.CANDIDATES; i++) {
        if (i == chosen.kept()) {
          continue;
        }
        payload.get(seed);
        try (SecretKey secret = SecretKey.derive(ring, SecretKind.UNIFORM, seed);
            PublicKey made = PublicKey.of(secret, halves)) {
          require(chosen, i, made.message(), Reason.BARRED);
        }
      }
    }
    ByteBuffer kept = payload.duplicate();
    require(chosen, chosen.kept(), kept.limit(kept.position() + keyBytes), Reason.PROTOCOL);
  }

  private static void require(
      HostOpenAdapter.TagKey chosen, int number, ByteBuffer key, Reason otherwise) {
    byte[] announced = chosen.announced().hashes().get(number);
    if (!MessageDigest.isEqual(announced, LaneMessages.hash(number, key))) {
      throw new HeException(otherwise, "the key of a tag is not what was announced");
    }
  }

  /** Charges all tags of an adapter, or says why they are not given. */
  private @Nullable Refusal refusal(HostOpenAdapter opened) {
    if (!host.clients.tags()) {
      return Refusal.NO_TAGS;
    }
    if (opened.adapter().isClosed()) {
      return Refusal.WITHDRAWN;
    }
    return host.meter.spend(opened.use(), price(opened));
  }

  /** Tokens of each group: a tag says as much of it as two answers for each of its columns. */
  private static long[] price(HostOpenAdapter opened) {
    return opened.groups().values().stream()
        .mapToLong(
            group -> {
              long numbers = 2L * TagMessages.TAGS * group.columns();
              return (numbers + group.rows() - 1) / group.rows();
            })
        .toArray();
  }

  private void give(TagMessages.Setup setup, SealedPart adapter, ByteBuffer message) {
    try {
      compute(setup, adapter, message);
    } catch (CkksException e) {
      host.stats.broken();
      LOG.warn("a tag is not given, and its session closed: {}", e.description());
      writer.end();
    } finally {
      waiting.decrementAndGet();
    }
  }

  private void compute(TagMessages.Setup setup, SealedPart adapter, ByteBuffer message) {
    List<SealedPart.Weights> weights = adapter.weights();
    List<TagAnswer.Rows> groups =
        weights.stream().map(w -> new TagAnswer.Rows(w.rows(), w.columns(), w.values())).toList();
    int rows = weights.stream().mapToInt(SealedPart.Weights::rows).max().orElseThrow();
    int columns = weights.stream().mapToInt(SealedPart.Weights::columns).sum();
    CkksContext ring = host.tools.context(Profile.STRICT);
    int degree = ring.parameters().degree();
    int chunks = TagAnswer.chunks(ring, columns);
    BufferPool buffers = new BufferPool(); // large, and not needed again
    byte[] seed = Hello.tagSeed(keys.client(), keys.host(), setup.ref(), setup.index());
    try (TagAnswer tag = TagAnswer.open(ring, seed, rows, message)) {
      host.stats.gaveTag();
      for (int first = 0; first < chunks; first += TagMessages.MAX_CHUNKS) {
        TagMessages.Tags head = new TagMessages.Tags(setup.ref(), setup.index(), first, chunks);
        int from = first * degree;
        int until = Math.min(columns, from + head.count() * degree);
        int bytes = TagMessages.Tags.BYTES + chunkBytes(ring, until - from);
        ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
        Frame.putHead(frame, FrameType.TAGS, bytes);
        head.encode(frame);
        tag.evaluate(groups, first, head.count(), frame);
        if (adapter.isClosed()) {
          buffers.give(frame); // some of it may be of wiped weights
          return;
        }
        writer.sendLater(frame.flip(), buffers);
      }
    }
  }

  /** Bytes of consecutive chunks; the last of them may be short. */
  private static int chunkBytes(CkksContext ring, int columns) {
    int degree = ring.parameters().degree();
    int rest = columns % degree;
    long whole = columns / degree * TagAnswer.chunkBytes(ring, degree);
    return Math.toIntExact(whole + (rest > 0 ? TagAnswer.chunkBytes(ring, rest) : 0));
  }
}
