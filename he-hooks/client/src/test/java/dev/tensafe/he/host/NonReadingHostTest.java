package dev.tensafe.he.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.he.Setting;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Listener;
import dev.tensafe.he.transport.PeerIdentity;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.model.shape.ProjectionGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter host that stops reading fills the socket; the engine's thread is not stuck in it. */
class NonReadingHostTest {
  private static final long TIMEOUT_MILLIS = 500;

  @TempDir Path directory;
  private volatile CountDownLatch reading = new CountDownLatch(0);

  /** Reads when it is allowed to. */
  private final class Stubborn implements FrameChannel {
    private final FrameChannel inner;

    Stubborn(FrameChannel inner) {
      this.inner = inner;
    }

    @Override
    public void send(ByteBuffer frame) throws IOException {
      inner.send(frame);
    }

    @Override
    public Frame receive(int maxPayload) throws IOException {
      try {
        reading.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return inner.receive(maxPayload);
    }

    @Override
    public void release(Frame frame) {
      inner.release(frame);
    }

    @Override
    public PeerIdentity peer() {
      return inner.peer();
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  @Test
  void sendingEndsInTimeAndTheNextSessionWorks() throws Exception {
    Random random = new Random(3);
    LinkConfig config =
        new LinkConfig(
            Profile.FAST, TIMEOUT_MILLIS, 2_000, 20, 100, 50, 0, true, OptionalInt.empty());
    List<FrameChannel> channels = new CopyOnWriteArrayList<>();
    try (Setting setting = new Setting(directory, config, (host, verified) -> {})) {
      Address address = setting.address;
      setting.server.close();
      try (Listener listener = Listener.open(address, null)) {
        Thread accepting =
            new Thread(
                () -> {
                  try {
                    while (true) {
                      FrameChannel channel = new Stubborn(listener.accept().complete());
                      channels.add(channel);
                      new Thread(() -> new HostSession(setting.host, channel).run()).start();
                    }
                  } catch (IOException e) {
                    // the end of the test
                  }
                });
        accepting.start();
        awaitWorking(setting, random);
        reading = new CountDownLatch(1);
        // the frame that is being waited for still comes; then some megabytes that nobody reads
        long start = System.nanoTime();
        Map<Integer, RuntimeException> failures = step(setting, 4000, random);
        failures = failures.isEmpty() ? step(setting, 4000, random) : failures;
        long millis = (System.nanoTime() - start) / 1_000_000;
        assertEquals(1, failures.size());
        assertTrue(millis < 10 * TIMEOUT_MILLIS, "it took " + millis + " ms");
        assertTrue(
            setting.listener.failures.contains("he.timeout")
                || setting.listener.failures.contains("he.connection"));
        reading.countDown();
        awaitWorking(setting, random);
        assertFalse(channels.size() < 2, "a new session");
      }
    }
  }

  private static void awaitWorking(Setting setting, Random random) {
    Setting.await("a session that works", () -> step(setting, 2, random).isEmpty());
  }

  private static Map<Integer, RuntimeException> step(Setting setting, int rows, Random random) {
    Map<ProjectionGroup, float[][]> inputs = new HashMap<>();
    for (ProjectionGroup group : setting.groups(0)) {
      inputs.put(group, Setting.random(rows, group.in(), random));
    }
    return setting.step(inputs, rows).failures();
  }
}
