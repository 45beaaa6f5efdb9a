package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.nativelib.ckks.PublicKey;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The lanes of one session, from their announcement until they are retired. A lane can be used once
 * its batch has passed cut-and-choose: a model host that crafts a public key, to learn what noise
 * hides, is found out with the probability that the lane is among those it has to show. Confined to
 * the session's thread.
 */
final class HostLanes implements AutoCloseable {
  private final AdapterHost host;
  private final SessionKeys keys;
  private final HostWriter writer;
  private final SecureRandom random = new SecureRandom();
  private final LaneTable lanes = new LaneTable();

  /** Batches of which something is due, by their first lane. */
  private final TreeMap<Long, LaneBatch> batches = new TreeMap<>();

  private long next = 1;

  /** Lanes whose public keys are due. */
  private int due;

  HostLanes(AdapterHost host, SessionKeys keys, HostWriter writer) {
    this.host = host;
    this.keys = keys;
    this.writer = writer;
  }

  /**
   * Notes new lanes and says which have to be shown.
   *
   * @throws HeException {@code he.protocol} if their numbers do not follow, or there are too many
   */
  void announce(LaneMessages.Lanes announced) throws IOException {
    int count = announced.hashes().size();
    if (announced.first() != next) {
      throw new HeException(Reason.PROTOCOL, "lanes whose numbers do not follow the last");
    }
    if (lanes.size() + due + count > host.limits.maxLanes()) {
      throw new HeException(Reason.PROTOCOL, "more lanes than " + host.limits.maxLanes());
    }
    next += count;
    LaneBatch batch = new LaneBatch(announced, random);
    due += batch.missing();
    batches.put(announced.first(), batch);
    writer.send(FrameType.OPEN_LANES, batch.question().encode());
  }

  /**
   * Makes shown lanes again from their seeds.
   *
   * @throws HeException {@code he.barred} if one is not what was announced
   */
  void prove(LaneMessages.Seeds shown) {
    LaneBatch batch = batches.get(shown.first());
    if (batch == null || batch.isProven() || batch.shown().size() != shown.seeds().size()) {
      throw new HeException(Reason.PROTOCOL, "seeds that nobody asked for");
    }
    List<Long> ids = batch.shown();
    for (int i = 0; i < ids.size(); i++) {
      try (SecretKey secret =
              SecretKey.derive(keys.context(), keys.profile().laneSecrets(), shown.seeds().get(i));
          PublicKey made = PublicKey.of(secret, keys.halves())) {
        if (!batch.matches(ids.get(i), made.message())) {
          throw new HeException(Reason.BARRED, "the key of a lane was crafted");
        }
      }
    }
    batch.prove();
    dropIfComplete(shown.first(), batch);
  }

  /** Takes the public key of a lane, which may be used from now on. */
  void add(ByteBuffer payload) {
    long id = LaneMessages.Key.decode(payload).lane();
    Map.Entry<Long, LaneBatch> entry = batches.floorEntry(id);
    if (entry == null) {
      throw new HeException(Reason.PROTOCOL, "the key of a lane that was not announced");
    }
    LaneBatch batch = entry.getValue();
    batch.arrived(id);
    due--;
    if (!batch.matches(id, payload)) {
      throw new HeException(Reason.PROTOCOL, "another key than was announced");
    }
    lanes.put(new HostLane(id, PublicKey.read(keys.context(), payload, keys.halves())));
    host.stats.lanes(1);
    dropIfComplete(entry.getKey(), batch);
  }

  private void dropIfComplete(long first, LaneBatch batch) {
    if (batch.isProven() && batch.missing() == 0) {
      batches.remove(first);
    }
  }

  /**
   * A lane that may be used.
   *
   * @throws HeException {@code he.protocol} for any other
   */
  HostLane require(long id) {
    HostLane lane = lanes.get(id);
    if (lane == null) {
      throw new HeException(Reason.PROTOCOL, "there is no lane " + id + " that may be used");
    }
    return lane;
  }

  /** Wipes lanes that are not used any more. */
  void retire(LaneMessages.Retire retired) {
    for (long id : retired.lanes()) {
      HostLane lane = lanes.remove(id);
      if (lane == null) {
        throw new HeException(Reason.PROTOCOL, "there is no lane " + id + " to retire");
      }
      lane.close();
      host.stats.lanes(-1);
    }
  }

  /** Ends what lanes have bound of an adapter. */
  void unbind(int ref) {
    lanes.forEach(lane -> lane.unbind(ref));
  }

  @Override
  public void close() {
    host.stats.lanes(-lanes.size());
    lanes.forEach(HostLane::close);
  }
}
