package dev.tensafe.he.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.HeException;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Receivers with a deadline and without, on every channel that has both. */
class TimedChannelTest {
  private static final int MOST = 1 << 24;

  @TempDir Path directory;
  private final BlockingQueue<AutoCloseable> open = new LinkedBlockingQueue<>();

  /** Channels with deadlines. */
  enum Kind {
    UNIX,
    EMBEDDED
  }

  /** Both ends of a connection. */
  private record Ends(FrameChannel near, FrameChannel far) {}

  private Ends connect(Kind kind) throws IOException {
    Ends ends;
    if (kind == Kind.EMBEDDED) {
      EmbeddedChannel.Pair pair = EmbeddedChannel.pair();
      ends = new Ends(pair.client(), pair.host());
    } else {
      Address address = new Address.Unix(directory.resolve("s"));
      try (Listener listener = Listener.open(address, null)) {
        FrameChannel near = Sockets.connect(address, null, 1_000, Sockets.ownUid());
        ends = new Ends(near, listener.accept().complete());
      }
    }
    open.add(ends.near());
    open.add(ends.far());
    return ends;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable channel : open) {
      channel.close();
    }
  }

  private static long in(long millis) {
    return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static void ping(FrameChannel channel, long number) throws IOException {
    channel.send(FrameType.PING, ControlMessages.number(number));
  }

  private static long number(Frame frame) {
    assertEquals(FrameType.PING, frame.type());
    return ControlMessages.readNumber(frame.payload());
  }

  @ParameterizedTest
  @EnumSource
  void aFrameThatIsLateIsThereForTheNextCall(Kind kind) throws Exception {
    Ends ends = connect(kind);
    assertTrue(ends.near().timed());
    assertNull(ends.near().receive(MOST, System.nanoTime()));
    assertNull(ends.near().receive(MOST, in(3)));
    ping(ends.far(), 5);
    Frame frame = ends.near().receive(MOST, in(30_000));
    assertEquals(5, number(Objects.requireNonNull(frame)));
    ends.near().release(frame);
    ends.far().close();
    assertThrows(EOFException.class, () -> ends.near().receive(MOST, in(30_000)));
    assertNull(ends.near().receive(MOST));
  }

  @ParameterizedTest
  @EnumSource
  void aReceiverWithoutADeadlineGivesWay(Kind kind) throws Exception {
    Ends ends = connect(kind);
    BlockingQueue<Long> elsewhere = new LinkedBlockingQueue<>();
    CompletableFuture<Void> reader =
        CompletableFuture.runAsync(
            () -> {
              try {
                for (Frame f = ends.near().receive(MOST);
                    f != null;
                    f = ends.near().receive(MOST)) {
                  elsewhere.add(number(f));
                  ends.near().release(f);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    ping(ends.far(), 1);
    assertEquals(1, elsewhere.poll(30, TimeUnit.SECONDS));
    // from its first call on, what comes is the one's that has a deadline
    assertNull(ends.near().receive(MOST, System.nanoTime()));
    CompletableFuture<Frame> waiting = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                waiting.complete(ends.near().receive(MOST, in(30_000)));
              } catch (IOException e) {
                waiting.completeExceptionally(e);
              }
            });
    thread.start();
    while (thread.getState() != Thread.State.RUNNABLE
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThrows(TimeoutException.class, () -> waiting.get(20, TimeUnit.MILLISECONDS));
    ping(ends.far(), 2);
    Frame second = waiting.get(30, TimeUnit.SECONDS);
    assertEquals(2, number(Objects.requireNonNull(second)));
    ends.near().release(second);
    // and afterwards the other one's again
    ping(ends.far(), 3);
    assertEquals(3, elsewhere.poll(30, TimeUnit.SECONDS));
    ends.far().close();
    reader.get(30, TimeUnit.SECONDS);
    assertTrue(elsewhere.isEmpty());
  }

  @ParameterizedTest
  @EnumSource
  void closingEndsWhoReceives(Kind kind) throws Exception {
    for (boolean timed : new boolean[] {false, true}) {
      Ends ends = connect(kind);
      CompletableFuture<Frame> reader = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                try {
                  reader.complete(
                      timed ? ends.near().receive(MOST, in(60_000)) : ends.near().receive(MOST));
                } catch (IOException e) {
                  reader.completeExceptionally(e);
                }
              });
      thread.start();
      assertThrows(TimeoutException.class, () -> reader.get(20, TimeUnit.MILLISECONDS));
      ends.near().close();
      try {
        assertNull(reader.get(30, TimeUnit.SECONDS));
      } catch (ExecutionException e) {
        assertTrue(e.getCause() instanceof IOException, e.toString());
      }
    }
  }

  @Test
  void closingEndsWhoSendsToOneThatDoesNotRead() throws Exception {
    Ends ends = connect(Kind.UNIX);
    CompletableFuture<Void> writer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                ends.near().send(FrameType.LANE_KEY, ByteBuffer.allocate(MOST));
                writer.complete(null);
              } catch (IOException e) {
                writer.completeExceptionally(e);
              }
            });
    thread.start();
    // what fits is on its way, and the other end will see the beginning of a frame
    long limit = in(30_000);
    while (!isSelecting(thread)) {
      assertTrue(System.nanoTime() < limit && !writer.isDone(), "it does not wait for room");
      Thread.onSpinWait();
    }
    ends.near().close();
    ExecutionException e =
        assertThrows(ExecutionException.class, () -> writer.get(30, TimeUnit.SECONDS));
    assertTrue(e.getCause() instanceof IOException, e.toString());
    assertThrows(EOFException.class, () -> ends.far().receive(MOST));
  }

  private static boolean isSelecting(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .anyMatch(
            frame ->
                frame.getClassName().equals(UnixChannel.class.getName())
                    && frame.getMethodName().equals("select"));
  }

  /** Frames of all sizes, cut anywhere, with a timeout at every cut. */
  @Test
  void piecesOfFramesOutlastTimeouts() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Path path = directory.resolve("pieces");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      FrameChannel near = Sockets.connect(new Address.Unix(path), null, 1_000, Sockets.ownUid());
      open.add(near);
      try (SocketChannel far = server.accept()) {
        for (int size : List.of(0, 1, 7, 100, 3_000, 16_383, 16_384, 16_385, 100_000)) {
          byte[] payload = new byte[size];
          random.nextBytes(payload);
          ByteBuffer all = ByteBuffer.allocate(Frame.HEAD_BYTES + size);
          Frame.putHead(all, FrameType.TAGS, size);
          all.put(payload).flip();
          while (all.remaining() > 1) {
            int piece = 1 + random.nextInt(random.nextBoolean() ? 10 : 30_000);
            ByteBuffer cut = all.duplicate();
            cut.limit(cut.position() + Math.min(piece, all.remaining() - 1));
            all.position(cut.limit());
            while (cut.hasRemaining()) {
              far.write(cut);
              assertNull(near.receive(MOST, System.nanoTime()));
            }
          }
          far.write(all);
          Frame frame = Objects.requireNonNull(near.receive(MOST, in(30_000)));
          assertEquals(FrameType.TAGS, frame.type());
          assertEquals(ByteBuffer.wrap(payload), frame.payload());
          near.release(frame);
        }
        // an end inside a frame is no end between two
        ByteBuffer half = ByteBuffer.allocate(Frame.HEAD_BYTES);
        Frame.putHead(half, FrameType.TAGS, 1);
        far.write(half.flip());
        far.shutdownOutput();
        assertThrows(EOFException.class, () -> near.receive(MOST));
      }
    }
  }

  @Test
  void aFrameLongerThanAllowedIsRefusedByItsHead() throws Exception {
    Ends ends = connect(Kind.UNIX);
    ends.far().send(FrameType.TAGS, ByteBuffer.allocate(100));
    assertEquals(
        "he.protocol", assertThrows(HeException.class, () -> ends.near().receive(99)).code());
  }

  @Test
  void anotherUsersSocketIsNotConnectedTo() throws Exception {
    Address address = new Address.Unix(directory.resolve("s"));
    try (Listener listener = Listener.open(address, null)) {
      int other = Sockets.ownUid() + 1;
      HeException e =
          assertThrows(HeException.class, () -> Sockets.connect(address, null, 1_000, other));
      assertEquals("he.address", e.code());
      assertTrue(e.description().endsWith(", not by user " + other), e.description());
      FrameChannel near = Sockets.connect(address, null, 1_000, Sockets.ownUid());
      open.add(near);
      assertTrue(near.peer().label().startsWith("user:"));
    }
  }
}
