package dev.tensafe.he.host;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Messages;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.AnswerPads;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.DotWeights;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.ReceivedInputs;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of a model host, from hello to close, on a thread of its own. States: hello →
 * public key → ready; whatever does not belong to a state, and whatever is malformed, ends this
 * connection with a logged reason and touches no other.
 */
final class HostSession {
  private static final Logger LOG = LoggerFactory.getLogger(HostSession.class);

  /** Blocks of pads of a whole session: their memory is the adapter host's. */
  private static final int MAX_BLOCKS = 4096;

  private final AdapterHost host;
  private final FrameChannel channel;
  private final ThreadPoolExecutor sender =
      new ThreadPoolExecutor(
          1, 1, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), HostSession::senderThread);
  private final BufferPool buffers = new BufferPool();
  private final Map<Integer, OpenedAdapter> open = new HashMap<>();
  private final Object sending = new Object();
  private volatile long lastActivity = System.nanoTime();
  private volatile boolean ready;

  HostSession(AdapterHost host, FrameChannel channel) {
    this.host = host;
    this.channel = channel;
    sender.allowCoreThreadTimeOut(true);
  }

  private static Thread senderThread(Runnable task) {
    Thread thread = new Thread(task, "he-sender");
    thread.setDaemon(true);
    return thread;
  }

  /** When a frame last came or went, on {@link System#nanoTime}'s scale. */
  long lastActivity() {
    return lastActivity;
  }

  /** Whether the handshake is over. */
  boolean isReady() {
    return ready;
  }

  /** Serves until the connection ends; closes it. */
  void run() {
    if (!host.enter(this)) {
      close(host.isDraining() ? CloseReason.STOPPING : CloseReason.TOO_MANY);
      return;
    }
    try {
      serve();
    } catch (IOException e) {
      LOG.info("session of {} ended: {}", channel.peer(), e.toString());
    } catch (CodedException e) {
      host.stats.broken();
      LOG.warn("session of {} is closed: {}: {}", channel.peer(), e.code(), e.description());
      close(CloseReason.PROTOCOL);
    } catch (RuntimeException | Error e) {
      LOG.error("session of {} failed", channel.peer(), e);
    } finally {
      host.leave(this);
      channel.close();
      sender.shutdownNow();
    }
  }

  private void serve() throws IOException {
    SessionKeys keys = SessionKeys.exchange(host, channel, this::receive, this::send);
    if (keys == null) {
      channel.close();
      return;
    }
    try (keys) {
      host.stats.began();
      ready = true;
      LOG.info("session of {} with profile {}", channel.peer(), keys.profile().label());
      if (host.isDraining()) {
        drain();
      }
      for (Frame f = receive(host.limits.maxPayload());
          f != null;
          f = receive(host.limits.maxPayload())) {
        try {
          if (!handle(f, keys)) {
            return;
          }
        } finally {
          channel.release(f);
        }
      }
    } finally {
      host.pools.remove(keys.rerandomizer());
      open.values().forEach(OpenedAdapter::close);
    }
  }

  private @Nullable Frame receive(int maxPayload) throws IOException {
    Frame frame = channel.receive(maxPayload);
    lastActivity = System.nanoTime();
    return frame;
  }

  /** Handles a frame of a session that stands; false for the last one. */
  private boolean handle(Frame frame, SessionKeys keys) throws IOException {
    ByteBuffer payload = frame.payload();
    switch (frame.type()) {
      case OPEN -> open(Messages.Open.decode(payload), keys);
      case EVALUATE -> evaluate(payload, keys);
      case PREPARE -> prepare(payload, keys);
      case EVALUATE_PADDED -> evaluatePadded(payload, keys);
      case PING -> send(FrameType.PONG, Messages.number(Messages.readNumber(payload)));
      case FORGET -> {
        OpenedAdapter forgotten = open.remove(Messages.readRef(payload));
        if (forgotten != null) {
          forgotten.close();
        }
        if (open.isEmpty()) {
          host.pools.remove(keys.rerandomizer());
        }
      }
      case CLOSE -> {
        LOG.info("session of {} ends: {}", channel.peer(), Messages.readClose(payload));
        return false;
      }
      default -> throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " from a model host");
    }
    return true;
  }

  private void open(Messages.Open request, SessionKeys keys) throws IOException {
    String digest = HexFormat.of().formatHex(request.digest());
    HostedAdapter adapter = host.find(digest);
    if (adapter == null) {
      refuse(request.ref(), 0, host.whyNot(digest));
      return;
    }
    if (open.size() >= host.limits.maxOpen() && !open.containsKey(request.ref())) {
      throw new HeException(Reason.PROTOCOL, "more adapters open than " + host.limits.maxOpen());
    }
    OpenedAdapter opened;
    Messages.Opened answer;
    try {
      Map<GroupId, HostedAdapter.Group> groups = adapter.groups(keys.profile(), host.evaluation);
      Map<GroupId, PadBlocks> blocks = new HashMap<>();
      groups.forEach(
          (id, group) -> {
            if (group.dots() != null) {
              blocks.put(id, new PadBlocks(host.limits.maxBlocks()));
            }
          });
      opened = new OpenedAdapter(adapter, groups, blocks);
      answer =
          new Messages.Opened(request.ref(), adapter.describe(keys.profile(), host.evaluation));
    } catch (HeException e) {
      refuse(request.ref(), 0, Refusal.WITHDRAWN);
      return;
    }
    if (open.isEmpty()) {
      host.pools.add(keys.rerandomizer(), host.limits.poolCapacity());
    }
    OpenedAdapter before = open.put(request.ref(), opened);
    if (before != null) {
      before.close();
    }
    send(FrameType.OPENED, answer.encode());
  }

  private void evaluate(ByteBuffer payload, SessionKeys keys) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    Messages.Evaluate request = Messages.Evaluate.decode(payload);
    OpenedAdapter opened = opened(request.ref());
    HostedAdapter.Group group = opened.group(request.group());
    if (opened.adapter().isClosed()) {
      refuse(request.ref(), request.request(), Refusal.WITHDRAWN);
      return;
    }
    try (ReceivedInputs inputs = ReceivedInputs.read(keys.context(), keys.masks(), payload)) {
      InputShape shape = inputs.shape();
      WeightMatrix matrix = group.matrix(shape.packing());
      if (matrix == null || shape.columns() != group.columns()) {
        throw new HeException(Reason.PROTOCOL, "inputs of another shape than the adapter's");
      }
      long bytes =
          ReceivedInputs.answerMessageBytes(
                  keys.context(), new AnswerShape(shape.tokens(), group.rows(), shape.packing()))
              + Messages.ANSWERS_HEAD;
      if (shape.tokens() > host.limits.maxTokens() || bytes > host.limits.maxPayload()) {
        throw new HeException(
            Reason.PROTOCOL, "an evaluation of " + shape.tokens() + " tokens is too large");
      }
      Optional<Refusal> refusal =
          host.meter.spend(opened.adapter(), channel.peer(), request.group(), shape.tokens());
      if (refusal.isPresent()) {
        refuse(request.ref(), request.request(), refusal.get());
        return;
      }
      answer(
          request.ref(),
          request.request(),
          (int) bytes,
          start,
          out -> inputs.evaluate(matrix, keys.rerandomizer(), out));
      host.stats.evaluated(shape.tokens(), System.nanoTime() - start, received, bytes);
    }
    host.pools.wake();
  }

  private OpenedAdapter opened(int ref) {
    OpenedAdapter opened = open.get(ref);
    if (opened == null) {
      throw new HeException(Reason.PROTOCOL, "no adapter " + ref + " is open");
    }
    return opened;
  }

  /** Makes the answers' half of a block when there is time, and sends it. */
  private void prepare(ByteBuffer payload, SessionKeys keys) {
    Messages.Block block = Messages.Block.decode(payload);
    long firstId = Messages.readNumber(payload);
    OpenedAdapter opened = opened(block.ref());
    HostedAdapter.Group group = opened.group(block.group());
    PadBlocks blocks = opened.blocks(block.group());
    WeightMatrix matrix = group.matrix(Pads.PACKING);
    if (matrix == null || opened.adapter().isClosed()) {
      return; // the next evaluation is refused
    }
    if (open.values().stream().mapToInt(OpenedAdapter::blockCount).sum() >= MAX_BLOCKS) {
      throw new HeException(Reason.PROTOCOL, "more blocks of pads than " + MAX_BLOCKS);
    }
    blocks.announce(block.block());
    host.pools.submit(
        () -> {
          int bytes = (int) Pads.messageBytes(keys.context(), group.rows()) + Messages.Block.BYTES;
          ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
          try {
            Frame.putHead(frame, FrameType.PREPARED, bytes);
            block.encode(frame);
            blocks.put(
                block.block(),
                AnswerPads.make(
                    keys.context(), keys.masks(), matrix, keys.rerandomizer(), firstId, frame));
            sendLater(frame.flip());
          } catch (IllegalStateException e) {
            // the adapter or the session has just ended
            buffers.give(frame);
          }
        });
  }

  /** From a thread of this session's: what makes pads must not wait for one that does not read. */
  private void sendLater(ByteBuffer frame) {
    try {
      sender.execute(
          () -> {
            try {
              synchronized (sending) {
                channel.send(frame);
              }
              lastActivity = System.nanoTime();
            } catch (IOException e) {
              channel.close();
            } finally {
              buffers.give(frame);
            }
          });
    } catch (RejectedExecutionException e) {
      buffers.give(frame);
    }
  }

  private void evaluatePadded(ByteBuffer payload, SessionKeys keys) throws IOException {
    long start = System.nanoTime();
    int received = payload.remaining();
    Messages.Padded request = Messages.Padded.decode(payload);
    Messages.Block at = request.block();
    OpenedAdapter opened = opened(at.ref());
    HostedAdapter.Group group = opened.group(at.group());
    PadBlocks blocks = opened.blocks(at.group());
    DotWeights dots = group.dots();
    if (opened.adapter().isClosed() || dots == null) {
      refuse(at.ref(), request.request(), Refusal.WITHDRAWN);
      return;
    }
    AnswerPads pads = blocks.get(at.block());
    Optional<Refusal> refusal =
        host.meter.spend(opened.adapter(), channel.peer(), at.group(), request.count());
    if (refusal.isPresent()) {
      refuse(at.ref(), request.request(), refusal.get());
      endIfUsedUp(blocks, request);
      return;
    }
    int bytes =
        (int) Pads.tokenBytes(keys.context(), request.count(), group.rows())
            + Messages.ANSWERS_HEAD;
    answer(
        at.ref(),
        request.request(),
        bytes,
        start,
        out -> pads.evaluate(dots, request.first(), request.count(), payload, out));
    host.stats.evaluated(request.count(), System.nanoTime() - start, received, bytes);
    endIfUsedUp(blocks, request);
  }

  private static void endIfUsedUp(PadBlocks blocks, Messages.Padded request) {
    if (request.first() + request.count() >= Pads.POSITIONS) {
      blocks.end(request.block().block());
    }
  }

  /**
   * Sends an answer.
   *
   * @param bytes of its payload
   * @param work writes what follows the head
   */
  private void answer(int ref, long request, int bytes, long start, Consumer<ByteBuffer> work)
      throws IOException {
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.ANSWERS, bytes);
      int head = frame.position();
      frame.position(head + Messages.ANSWERS_HEAD);
      try {
        work.accept(frame);
      } catch (IllegalStateException e) {
        refuse(ref, request, Refusal.WITHDRAWN);
        return;
      }
      int end = frame.position();
      frame.position(head);
      new Messages.Answers(request, System.nanoTime() - start).encode(frame);
      frame.position(0).limit(end);
      synchronized (sending) {
        channel.send(frame);
      }
      lastActivity = System.nanoTime();
    } finally {
      buffers.give(frame);
    }
  }

  private void refuse(int ref, long request, Refusal refusal) throws IOException {
    host.stats.refused(refusal);
    if (request != 0) {
      LOG.info("{} is refused: {}", channel.peer(), refusal);
    }
    send(FrameType.REFUSED, new Messages.Refused(ref, request, refusal).encode());
  }

  private void send(FrameType type, ByteBuffer payload) throws IOException {
    synchronized (sending) {
      channel.send(type, payload);
    }
    lastActivity = System.nanoTime();
  }

  /** Tells the model host to end this session. Any thread may call it. */
  void drain() {
    if (ready) {
      try {
        send(FrameType.DRAINING, ByteBuffer.allocate(0));
      } catch (IOException e) {
        channel.close();
      }
    }
  }

  private void close(CloseReason reason) {
    try {
      send(FrameType.CLOSE, Messages.close(reason));
    } catch (IOException e) {
      // it is gone already
    }
    channel.close();
  }

  /** Ends it, whatever it does. Any thread. */
  void abort() {
    channel.close();
  }
}
