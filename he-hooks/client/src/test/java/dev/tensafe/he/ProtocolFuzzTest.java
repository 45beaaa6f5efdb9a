package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.model.shape.ProjectionGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random orders of steps, cancels, preemptions, broken connections and restarts of either side:
 * lanes keep to their rules, every sequence ends once, and no frame holds an activation or the seed
 * of a key that is kept. The {@code SessionModelTest} visits all orders of a model; this one plays
 * some with the real parties.
 */
class ProtocolFuzzTest {
  /** So much of a row that no frame holds it by chance. */
  private static final int SEARCHED_FLOATS = 3;

  @TempDir Path directory;
  private final SeenLanes seen = new SeenLanes();

  /** Frames until the connection breaks; below 0 it does not. */
  private final AtomicInteger fuse = new AtomicInteger(-1);

  private volatile List<byte[]> secrets = List.of();
  private volatile boolean leaked;
  private @Nullable DrawnSeeds seeds;

  /** Breaks when the fuse has burnt down, and searches what passes. */
  private final class Fused extends ForwardingChannel {
    Fused(FrameChannel inner) {
      super(inner);
    }

    @Override
    public void send(ByteBuffer frame) throws IOException {
      search(frame);
      burn();
      super.send(frame);
    }

    @Override
    public Frame receive(int maxPayload) throws IOException {
      Frame frame = super.receive(maxPayload);
      if (frame != null) {
        search(frame.payload());
        Objects.requireNonNull(seeds).search(frame.type(), frame.payload());
        burn();
      }
      return frame;
    }

    private void burn() {
      if (fuse.getAndUpdate(left -> left < 0 ? left : left - 1) == 0) {
        close();
      }
    }

    private void search(ByteBuffer frame) {
      for (byte[] secret : secrets) {
        leaked |= contains(frame, secret);
      }
    }
  }

  private static boolean contains(ByteBuffer in, byte[] secret) {
    for (int i = in.position(); i + secret.length <= in.limit(); i++) {
      int same = 0;
      while (same < secret.length && in.get(i + same) == secret[same]) {
        same++;
      }
      if (same == secret.length) {
        return true;
      }
    }
    return false;
  }

  @Test
  void anyOrderOfEventsKeepsTheRules() throws Exception {
    play(60);
  }

  @Tag("long")
  @Test
  void manyOrdersOfEventsKeepTheRules() throws Exception {
    play(2_000);
  }

  private void play(int rounds) throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Setting.Options options =
        Setting.Options.of(Setting.config(Profile.FAST, 1L << 28))
            .state(directory.resolve("state"))
            .connections(channel -> seen.spy(new Fused(channel)));
    int broken = 0;
    int restarts = 0;
    int failed = 0;
    try (DrawnSeeds drawn = new DrawnSeeds();
        Setting setting = opened(drawn, options)) {
      seen.columns(setting.inputs(1, random).keySet().stream().map(ProjectionGroup::in).toList());
      List<Long> running = new ArrayList<>();
      Set<Long> ended = new HashSet<>();
      boolean disturbed = false;
      long nextId = 1;
      for (int round = 0; round < rounds; round++) {
        Setting.await("the adapter", setting::isReady);
        Map<Long, Integer> rowsOf = new LinkedHashMap<>();
        running.forEach(id -> rowsOf.put(id, 1));
        if (running.size() < 4 && random.nextBoolean() || running.isEmpty()) {
          running.add(nextId);
          rowsOf.put(nextId++, 1 + random.nextInt(80));
        }
        List<Setting.Share> shares =
            rowsOf.entrySet().stream()
                .map(e -> new Setting.Share(e.getKey(), e.getValue()))
                .toList();
        boolean cut = random.nextInt(5) == 0;
        fuse.set(cut ? random.nextInt(8) : -1);
        boolean expected = cut || disturbed;
        Setting.Step step = step(setting, shares, random);
        fuse.set(-1);
        if (!step.failures().isEmpty()) {
          assertTrue(expected, () -> "nothing was wrong: " + step.failures());
          seen.end();
        }
        disturbed = !step.failures().isEmpty();
        seen.look(shares, step.failures().isEmpty());
        // sequences that failed are over; the others are not
        for (int index : step.failures().keySet()) {
          long id = shares.get(index).sequence();
          assertTrue(ended.add(id), "a sequence ends once");
          running.remove(id);
          setting.hook.ended(id);
          failed++;
        }
        broken += cut ? 1 : 0;
        running.removeIf(
            id -> {
              int event = random.nextInt(8);
              if (event > 1) {
                return false;
              }
              setting.hook.ended(id); // cancelled or finished; preempted, to begin anew
              return event == 0 && ended.add(id);
            });
        if (restart(setting, random)) {
          restarts++;
          disturbed = true;
        }
        assertFalse(leaked, "an activation in a frame");
        assertEquals(Set.of(), drawn.leaks(), "frames with the seed of a key");
      }
      running.forEach(setting.hook::ended);
      assertEquals(List.of(), setting.listener.distrusted);
      assertTrue(drawn.shown() > 0, "the search finds what is shown");
      assertTrue(drawn.kept() >= seen.owners.size(), "every lane in use has a seed of its own");
    }
    System.out.println(
        seen.owners.size()
            + " lanes, "
            + broken
            + " breaks, "
            + restarts
            + " restarts, "
            + failed
            + " sequences failed");
    assertTrue(seen.owners.size() > rounds / 4, seen.owners.size() + " lanes");
    assertTrue(broken > 0 && restarts > 0 && failed > 0);
  }

  private Setting opened(DrawnSeeds drawn, Setting.Options options) throws IOException {
    seeds = drawn;
    return new Setting(directory, options);
  }

  private Setting.Step step(Setting setting, List<Setting.Share> shares, Random random) {
    int rows = shares.stream().mapToInt(Setting.Share::rows).sum();
    Map<ProjectionGroup, float[][]> inputs = setting.inputs(rows, random);
    List<byte[]> searched = new ArrayList<>();
    for (float[][] x : inputs.values()) {
      float[] row = Arrays.copyOf(x[random.nextInt(rows)], SEARCHED_FLOATS);
      for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * SEARCHED_FLOATS).order(order);
        bytes.asFloatBuffer().put(row);
        searched.add(bytes.array());
      }
    }
    secrets = searched;
    return setting.step(inputs, shares);
  }

  /** Now and then one of the two ends and begins anew. */
  private static boolean restart(Setting setting, Random random) {
    switch (random.nextInt(12)) {
      case 0 -> setting.server.disconnect();
      case 1 -> {
        setting.server.disconnect();
        setting.restartClient();
      }
      case 2 -> {
        setting.server.disconnect();
        setting.serveAnew((host, verified) -> {});
      }
      default -> {
        return false;
      }
    }
    return true;
  }
}
