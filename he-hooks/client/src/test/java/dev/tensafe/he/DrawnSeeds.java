package dev.tensafe.he;

import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.TagMessages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.SecureRandomSpi;
import java.security.Security;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All secrets of a seed's length that this JVM draws while this is open, and frames searched for
 * them. A seed may stand in a frame that shows it (cut-and-choose) or greets, and nowhere else.
 * Every {@code new SecureRandom()} is served from here, so the product needs no opening for it.
 */
final class DrawnSeeds implements AutoCloseable {
  private static final Set<FrameType> GREETINGS =
      Set.of(FrameType.CLIENT_HELLO, FrameType.HOST_HELLO, FrameType.CHALLENGE, FrameType.READY);
  private static final Set<FrameType> SHOWING = Set.of(FrameType.LANE_SEEDS, FrameType.TAG_SETUP);
  private static final int FILTER_BITS = 1 << 20;

  private static volatile @Nullable DrawnSeeds open;

  private final SecureRandom source;
  private final Provider provider = new Recorder();

  /** Seeds by their first eight bytes. */
  private final Map<Long, ByteBuffer> drawn = new HashMap<>();

  private final BitSet filter = new BitSet(FILTER_BITS);
  private final Set<Long> shown = new HashSet<>();
  private final Set<FrameType> leaks = Collections.synchronizedSet(new HashSet<>());

  private static final class Recorder extends Provider {
    private static final long serialVersionUID = 1;

    Recorder() {
      super("Recorder", "1", "random bytes of the system, kept");
      put("SecureRandom.Recorded", Recorded.class.getName());
    }
  }

  /** The system's random bytes. */
  public static final class Recorded extends SecureRandomSpi {
    private static final long serialVersionUID = 1;

    @Override
    protected void engineSetSeed(byte[] seed) {}

    @Override
    protected void engineNextBytes(byte[] bytes) {
      DrawnSeeds now = open;
      if (now == null) {
        new SecureRandom().nextBytes(bytes);
        return;
      }
      now.source.nextBytes(bytes);
      if (bytes.length == LaneMessages.SEED_BYTES) {
        now.keep(bytes.clone());
      }
    }

    @Override
    protected byte[] engineGenerateSeed(int count) {
      byte[] seed = new byte[count];
      engineNextBytes(seed);
      return seed;
    }
  }

  DrawnSeeds() {
    source = new SecureRandom();
    source.nextInt();
    open = this;
    Security.insertProviderAt(provider, 1);
  }

  private synchronized void keep(byte[] seed) {
    ByteBuffer kept = ByteBuffer.wrap(seed).order(ByteOrder.BIG_ENDIAN);
    drawn.put(kept.getLong(0), kept);
    filter.set(slot(kept.getLong(0)));
  }

  private static int slot(long head) {
    return (int) (head & FILTER_BITS - 1);
  }

  /** Looks for every seed drawn so far, at every byte of a payload. */
  synchronized void search(FrameType type, ByteBuffer payload) {
    long head = 0;
    int found = 0;
    for (int i = payload.position(); i < payload.limit(); i++) {
      head = head << 8 | payload.get(i) & 0xff;
      int at = i - 7;
      if (at >= payload.position() && filter.get(slot(head)) && isSeedAt(payload, at, head)) {
        if (SHOWING.contains(type)) {
          shown.add(head);
          found++;
        } else if (!GREETINGS.contains(type)) {
          leaks.add(type);
        }
      }
    }
    if (type == FrameType.TAG_SETUP && found != TagMessages.CANDIDATES - 1) {
      leaks.add(type);
    }
  }

  private boolean isSeedAt(ByteBuffer payload, int at, long head) {
    ByteBuffer seed = drawn.get(head);
    return seed != null
        && at + LaneMessages.SEED_BYTES <= payload.limit()
        && seed.mismatch(payload.slice(at, LaneMessages.SEED_BYTES)) < 0;
  }

  /** Types of frames that held a seed they should not. */
  Set<FrameType> leaks() {
    return leaks;
  }

  synchronized int shown() {
    return shown.size();
  }

  synchronized int kept() {
    return drawn.size() - shown.size();
  }

  @Override
  public void close() {
    Security.removeProvider(provider.getName());
    open = null;
  }
}
