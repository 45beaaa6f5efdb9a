package dev.tensafe.he.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.nativelib.ckks.SecretKind;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a session that no sequence has yet. They are made in batches, by cut-and-choose: the
 * adapter host sees the hashes of all public keys, has some lanes shown to it, seed and all, and
 * gets the public keys of the others. So it knows that they are what their seeds make of them.
 *
 * <pre>
 * announced ── OPEN_LANES ──▶ shown, and gone
 *     └─────────────────────▶ spare ── poll() ──▶ a sequence's
 * </pre>
 *
 * <p>The session's tasks make keys; the engine's thread takes them. Thread-safe.
 */
final class LaneKeys implements AutoCloseable {
  /** Lanes of an announcement. */
  private static final int BATCH = 16;

  /** Kept spare, beside one for each that is in use. */
  private static final int SPARE = 32;

  private final CkksContext context;
  private final SecretKind kind;
  private final SessionMasks masks;
  private final ClientWriter writer;
  private final SessionTasks tasks;
  private final SecureRandom random = new SecureRandom();
  private final AtomicBoolean asked = new AtomicBoolean();

  @GuardedBy("this")
  private final Deque<LaneKey> spare = new ArrayDeque<>();

  /** By the number of their first lane. */
  @GuardedBy("this")
  private final Map<Long, List<Made>> announced = new HashMap<>();

  @GuardedBy("this")
  private long nextLane = 1;

  @GuardedBy("this")
  private int used;

  @GuardedBy("this")
  private boolean closed;

  /** A lane that the other side may still choose to see. */
  private record Made(LaneKey key, byte[] seed, ByteBuffer publicKey) {
    @Override
    public String toString() {
      return "Made[" + key + "]";
    }
  }

  LaneKeys(
      CkksContext context,
      SecretKind kind,
      SessionMasks masks,
      ClientWriter writer,
      SessionTasks tasks) {
    this.context = context;
    this.kind = kind;
    this.masks = masks;
    this.writer = writer;
    this.tasks = tasks;
  }

  /** A key for the caller alone, to be given to {@link #gone} in the end; null if none is spare. */
  @Nullable LaneKey poll() {
    LaneKey key;
    boolean low;
    synchronized (this) {
      key = spare.poll();
      used += key == null ? 0 : 1;
      low = missing() > 0;
    }
    if (low) {
      replenish();
    }
    return key;
  }

  /** Takes back a key that nothing was done with. */
  synchronized void giveBack(LaneKey key) {
    used--;
    if (closed) {
      key.close();
    } else {
      spare.addFirst(key);
    }
  }

  /** Keys that can be taken now. */
  synchronized int spare() {
    return spare.size();
  }

  /** Nanoseconds since the oldest spare key was made; empty if there is none. */
  synchronized OptionalLong oldestNanos() {
    long now = System.nanoTime();
    return spare.stream().mapToLong(key -> now - key.made()).max();
  }

  /** Wipes a key that was taken. */
  void gone(LaneKey key) {
    key.close();
    synchronized (this) {
      used--;
    }
  }

  @GuardedBy("this")
  private int missing() {
    int coming = announced.size() * (BATCH - LaneMessages.shown(BATCH));
    return closed ? 0 : SPARE + used - spare.size() - coming;
  }

  /** Has keys made until there are enough. */
  void replenish() {
    if (asked.compareAndSet(false, true)) {
      tasks.submit(
          () -> {
            asked.set(false);
            while (isLow()) {
              announce();
            }
          });
    }
  }

  private synchronized boolean isLow() {
    return missing() > 0;
  }

  private void announce() {
    List<Made> batch = new ArrayList<>();
    List<byte[]> hashes = new ArrayList<>();
    long first;
    synchronized (this) {
      first = nextLane;
      nextLane += BATCH;
      // from now on they are coming
      announced.put(first, batch);
    }
    for (int i = 0; i < BATCH; i++) {
      Made made = make(first + i);
      synchronized (this) {
        batch.add(made);
      }
      hashes.add(LaneMessages.hash(first + i, made.publicKey()));
    }
    writer.tell(FrameType.LANES, new LaneMessages.Lanes(first, hashes).encode());
    synchronized (this) {
      if (closed) {
        batch.forEach(LaneKeys::wipe);
      }
    }
  }

  private Made make(long lane) {
    byte[] seed = new byte[LaneMessages.SEED_BYTES];
    random.nextBytes(seed);
    SecretKey secret = SecretKey.derive(context, kind, seed);
    try (PublicKey publicKey = PublicKey.of(secret, masks.halves())) {
      return new Made(new LaneKey(lane, secret), seed, publicKey.message());
    } catch (RuntimeException e) {
      secret.close();
      throw e;
    }
  }

  /**
   * The other side has chosen. For the session's tasks.
   *
   * @throws HeException {@code he.protocol} if it was not asked
   */
  void opened(LaneMessages.OpenLanes choice) {
    List<Made> batch;
    synchronized (this) {
      batch = announced.remove(choice.first());
    }
    if (batch == null || batch.size() != choice.count()) {
      throw new HeException(Reason.PROTOCOL, "lanes are chosen that were not announced");
    }
    List<byte[]> seeds = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      if (choice.opened().get(i)) {
        seeds.add(batch.get(i).seed());
      }
    }
    writer.tell(FrameType.LANE_SEEDS, new LaneMessages.Seeds(choice.first(), seeds).encode());
    List<LaneKey> kept = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      Made made = batch.get(i);
      Arrays.fill(made.seed(), (byte) 0);
      if (choice.opened().get(i)) {
        made.key().close();
      } else {
        ByteBuffer payload =
            ByteBuffer.allocate(LaneMessages.KEY_HEAD + made.publicKey().remaining());
        new LaneMessages.Key(made.key().lane()).encode(payload);
        writer.tell(FrameType.LANE_KEY, payload.put(made.publicKey()).flip());
        kept.add(made.key());
      }
    }
    keep(kept);
  }

  private synchronized void keep(List<LaneKey> keys) {
    if (closed) {
      keys.forEach(LaneKey::close);
    } else {
      spare.addAll(keys);
    }
  }

  private static void wipe(Made made) {
    Arrays.fill(made.seed(), (byte) 0);
    made.key().close();
  }

  /** Wipes what nobody has taken. */
  @Override
  public synchronized void close() {
    closed = true;
    spare.forEach(LaneKey::close);
    spare.clear();
    announced.values().forEach(batch -> batch.forEach(LaneKeys::wipe));
    announced.clear();
  }
}
