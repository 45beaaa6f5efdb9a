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
import dev.tensafe.model.shape.ProjectionGroup;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What an adapter host sees of lanes, whatever becomes of sequences and connections: no lane serves
 * two sequences, no position of a lane is used twice, and what is over is retired.
 */
class LaneUseTest {
  private static final int LONG_PROMPT = 300;

  @TempDir Path directory;

  /** Everything a model host has sent over one connection. */
  private static final class Spy extends ForwardingChannel {
    final List<Seen> frames = new CopyOnWriteArrayList<>();

    Spy(FrameChannel inner) {
      super(inner);
    }

    @Override
    public Frame receive(int maxPayload) throws IOException {
      Frame frame = super.receive(maxPayload);
      if (frame != null) {
        ByteBuffer copy = ByteBuffer.allocate(frame.payload().remaining());
        frames.add(new Seen(frame.type(), copy.put(frame.payload().duplicate()).flip()));
      }
      return frame;
    }
  }

  private record Seen(FrameType type, ByteBuffer payload) {}

  /** One lane of one connection. */
  private record LaneId(int connection, long lane) {}

  /** A lane's use in one group. */
  private record Use(LaneId lane, int ref, GroupId group) {}

  private final List<Spy> spies = new CopyOnWriteArrayList<>();
  private final Map<LaneId, Long> owners = new HashMap<>();
  private final Map<LaneId, Integer> blockOf = new HashMap<>();
  private final Map<Use, Integer> next = new HashMap<>();
  private final Set<LaneId> retired = new HashSet<>();
  private final Map<Integer, TreeMap<Long, Long>> masks = new HashMap<>();
  private final Map<Integer, Integer> read = new HashMap<>();
  private List<Integer> columns = List.of();
  private int padded;
  private int ciphertexts;

  /** Checks what was sent since the last time. */
  private void look(List<Setting.Share> shares) {
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
      tokens.forEach((group, count) -> assertEquals(sequenceOfRow.size(), count, "rows"));
    }
  }

  private void take(int c, Seen frame, List<Long> sequenceOfRow, Map<GroupId, Integer> tokens) {
    ByteBuffer payload = frame.payload().duplicate();
    switch (frame.type()) {
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
    long sequence = sequenceOfRow.get(token - 1);
    Long owner = owners.putIfAbsent(lane, sequence);
    assertTrue(owner == null || owner == sequence, "a lane of two sequences");
  }

  @ParameterizedTest
  @CsvSource({"FAST, 268435456, 90", "FAST, 0, 50", "STRICT, 0, 30"})
  void noLaneServesTwoSequencesAndNoPositionTwoTokens(Profile profile, long padBytes, int rounds)
      throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Setting.Options options =
        Setting.Options.of(Setting.config(profile, padBytes))
            .connections(
                channel -> {
                  Spy spy = new Spy(channel);
                  spies.add(spy);
                  return spy;
                });
    try (Setting setting = new Setting(directory, options)) {
      columns = setting.inputs(1, random).keySet().stream().map(ProjectionGroup::in).toList();
      List<Long> running = new ArrayList<>();
      long nextId = 1;
      int reconnected = 0;
      for (int round = 0; round < rounds; round++) {
        List<Setting.Share> shares = new ArrayList<>();
        for (long id : running) {
          shares.add(new Setting.Share(id, 1));
        }
        if (running.size() < 6 && random.nextBoolean()) {
          running.add(nextId);
          int rows = random.nextInt(4) == 0 ? LONG_PROMPT : 1 + random.nextInt(100);
          shares.add(new Setting.Share(nextId++, rows));
        }
        if (shares.isEmpty()) {
          continue;
        }
        int rows = shares.stream().mapToInt(Setting.Share::rows).sum();
        Setting.Step step = setting.step(setting.inputs(rows, random), shares);
        assertEquals(Map.of(), step.failures());
        look(shares);
        // some finish, are cancelled, or are preempted and start over
        running.removeIf(
            id -> {
              if (random.nextInt(12) == 0) {
                setting.hook.ended(id);
                return random.nextBoolean();
              }
              return false;
            });
        if (round % 15 == 14) {
          int sessions = spies.size();
          setting.server.disconnect();
          Setting.await("another session", () -> spies.size() > sessions);
          Setting.await("the adapter", setting::isReady);
          reconnected++;
        }
      }
      running.forEach(setting.hook::ended);
      // those of connections that broke ended with them
      int standing = spies.size() - 1;
      Setting.await(
          "all lanes to be retired",
          () -> {
            look(List.of());
            return owners.keySet().stream()
                .allMatch(lane -> lane.connection() < standing || retired.contains(lane));
          });
      assertTrue(reconnected > 1);
      assertTrue(owners.size() > 10, owners.size() + " lanes");
      assertEquals(padBytes > 0, padded > 0);
      assertEquals(padBytes == 0, ciphertexts > 0);
    }
  }
}
