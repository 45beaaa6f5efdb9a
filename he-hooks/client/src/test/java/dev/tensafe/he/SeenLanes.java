package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What an adapter host sees of lanes over its connections, held to the rules: no lane serves two
 * sequences, no position of a lane is used twice, no mask either, nothing of a lane that is retired
 * or was shown.
 */
final class SeenLanes {
  /** Everything a model host has sent over one connection. */
  static final class Spy extends ForwardingChannel {
    final List<Seen> frames = new CopyOnWriteArrayList<>();

    private volatile boolean closed;
    private volatile boolean receiving;

    Spy(FrameChannel inner) {
      super(inner);
    }

    @Override
    public Frame receive(int maxPayload) throws IOException {
      receiving = true;
      try {
        Frame frame = closed ? null : super.receive(maxPayload);
        if (frame != null) {
          ByteBuffer copy = ByteBuffer.allocate(frame.payload().remaining());
          frames.add(new Seen(frame.type(), copy.put(frame.payload().duplicate()).flip()));
        }
        return frame;
      } finally {
        receiving = false;
      }
    }

    @Override
    public void close() {
      closed = true;
      super.close();
    }

    /** Whether nothing more will be seen. */
    boolean isOver() {
      return closed && !receiving;
    }
  }

  private record Seen(FrameType type, ByteBuffer payload) {}

  /** One lane of one connection. */
  record LaneId(int connection, long lane) {}

  /** A lane's use in one group. */
  private record Use(LaneId lane, int ref, GroupId group) {}

  final List<Spy> spies = new CopyOnWriteArrayList<>();
  final Map<LaneId, Long> owners = new HashMap<>();
  private final Map<LaneId, Integer> blockOf = new HashMap<>();
  private final Map<Use, Integer> next = new HashMap<>();
  final Set<LaneId> retired = new HashSet<>();
  private final Set<LaneId> keyed = new HashSet<>();
  private final Map<LaneId, Integer> announced = new HashMap<>();
  private final Map<Integer, Long> nextLane = new HashMap<>();
  private final Map<Integer, TreeMap<Long, Long>> masks = new HashMap<>();
  private final Map<Integer, Integer> read = new HashMap<>();
  private List<Integer> columns = List.of();
  int padded;
  int ciphertexts;

  /**
   * @param columns of the groups of a layer
   */
  void columns(List<Integer> columns) {
    this.columns = columns;
  }

  /** Has a connection looked at. */
  FrameChannel spy(FrameChannel channel) {
    Spy spy = new Spy(channel);
    spies.add(spy);
    return spy;
  }

  /** Ends all connections there are now, and waits until everything that came was seen. */
  void end() {
    List<Spy> now = List.copyOf(spies);
    now.forEach(Spy::close);
    Setting.await("the end of connections", () -> now.stream().allMatch(Spy::isOver));
  }

  /** Checks what was sent since the last time, in a step of these shares that was completed. */
  void look(List<Setting.Share> shares) {
    look(shares, true);
  }

  /**
   * @param complete whether all tokens were sent in all groups
   */
  void look(List<Setting.Share> shares, boolean complete) {
    List<Long> sequenceOfRow = new ArrayList<>();
    for (Setting.Share share : shares) {
      for (int i = 0; i < share.rows(); i++) {
        sequenceOfRow.add(share.sequence());
      }
    }
    for (int c = 0; c < spies.size(); c++) {
      List<Seen> frames = spies.get(c).frames;
      Map<GroupId, Integer> tokens = new HashMap<>();
      for (int i = read.getOrDefault(c, 0); i < frames.size(); i++) {
        take(c, frames.get(i), sequenceOfRow, tokens);
        read.put(c, i + 1);
      }
      if (complete) {
        tokens.forEach((group, count) -> assertEquals(sequenceOfRow.size(), count, "rows"));
      }
    }
  }

  private void take(int c, Seen frame, List<Long> sequenceOfRow, Map<GroupId, Integer> tokens) {
    ByteBuffer payload = frame.payload().duplicate();
    switch (frame.type()) {
      case LANE_SEEDS -> {
        // which they are was the host's to say: those that get no key
        LaneMessages.Seeds seeds = LaneMessages.Seeds.decode(payload);
        assertTrue(announced.containsKey(new LaneId(c, seeds.first())), "nobody announced those");
        assertEquals(
            LaneMessages.shown(announced.remove(new LaneId(c, seeds.first()))),
            seeds.seeds().size(),
            "lanes that were shown");
      }
      case LANES -> {
        LaneMessages.Lanes lanes = LaneMessages.Lanes.decode(payload);
        assertEquals(
            nextLane.getOrDefault(c, 1L), lanes.first(), "lanes are numbered without a gap");
        nextLane.put(c, lanes.first() + lanes.hashes().size());
        announced.put(new LaneId(c, lanes.first()), lanes.hashes().size());
      }
      case LANE_KEY ->
          assertTrue(
              keyed.add(new LaneId(c, LaneMessages.Key.decode(payload).lane())),
              "a key comes once");
      case BIND -> {
        LaneMessages.Bind bind = LaneMessages.Bind.decode(payload);
        LaneId lane = new LaneId(c, bind.lane());
        assertEquals(null, blockOf.put(lane, bind.block()), "a lane is bound once");
        assertTrue(!retired.contains(lane));
      }
      case PREPARE -> {
        EvaluationMessages.Prepare prepare = EvaluationMessages.Prepare.decode(payload);
        int perMask = 2048 / prepare.tokens();
        masks(c, prepare.firstId(), columns.stream().mapToInt(d -> d / perMask).sum());
      }
      case RETIRE -> {
        for (long lane : LaneMessages.Retire.decode(payload).lanes()) {
          assertTrue(retired.add(new LaneId(c, lane)), "a lane is retired once");
        }
      }
      case EVALUATE_PADDED -> {
        PaddedRuns runs = new PaddedRuns();
        EvaluationMessages.Padded head = EvaluationMessages.Padded.decode(payload, runs);
        for (int run = 0; run < runs.size(); run++) {
          LaneId lane = new LaneId(c, runs.lane(run));
          assertEquals(blockOf.get(lane), runs.block(run), "the block it was bound to");
          Use use = new Use(lane, head.ref(), head.group());
          int first = next.getOrDefault(use, 0);
          assertEquals(first, runs.first(run), "positions come once, in order");
          next.put(use, first + runs.count(run));
          for (int t = 0; t < runs.count(run); t++) {
            own(lane, sequenceOfRow, tokens.merge(head.group(), 1, Integer::sum));
          }
        }
        padded++;
      }
      case EVALUATE -> {
        EvaluationMessages.Evaluate head = EvaluationMessages.Evaluate.decode(payload);
        LaneId lane = new LaneId(c, head.lane());
        int before = tokens.getOrDefault(head.group(), 0);
        ByteBuffer message = payload.slice().order(ByteOrder.LITTLE_ENDIAN);
        int count = message.getInt(20);
        Packing packing = new Packing(message.getInt(12), message.getInt(16));
        int degree = 1 << message.get(8);
        masks(
            c,
            message.getLong(32),
            new InputShape(count, message.getInt(24), packing).ciphertexts(degree));
        for (int t = 1; t <= count; t++) {
          own(lane, sequenceOfRow, before + t);
        }
        tokens.put(head.group(), before + count);
        ciphertexts++;
      }
      default -> {}
    }
  }

  /** The masks of all ciphertexts of a connection are different ones. */
  private void masks(int c, long first, long count) {
    TreeMap<Long, Long> used = masks.computeIfAbsent(c, connection -> new TreeMap<>());
    Map.Entry<Long, Long> before = used.lowerEntry(first + count);
    assertTrue(before == null || before.getValue() <= first, "a mask is used once");
    used.put(first, first + count);
  }

  private void own(LaneId lane, List<Long> sequenceOfRow, int token) {
    assertTrue(!retired.contains(lane), "a retired lane");
    assertTrue(keyed.contains(lane), "a lane that was shown, or is not settled");
    long sequence = sequenceOfRow.get(token - 1);
    Long owner = owners.putIfAbsent(lane, sequence);
    assertTrue(
        owner == null || owner == sequence,
        () -> lane + " of sequence " + owner + " has a token of sequence " + sequence);
  }
}
