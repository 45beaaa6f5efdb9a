package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.Messages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.InputPads;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to an adapter host and the secret key that lives as long as it. One thread
 * receives; the engine's thread evaluates; any thread opens adapters or ends the session.
 */
final class Session implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /** Without an evaluation, after which the requests of a session that drains are over. */
  private static final long DRAINED_NANOS = 2_000_000_000L;

  private final FrameChannel channel;
  private final CkksContext context;
  private final SecretKey key;
  private final Hello.Host host;
  private final BufferPool buffers = new BufferPool();
  private final Runnable onChange;
  private final PadMaker padMaker;
  private final long padBytes;
  private final long timeoutNanos;
  private final Map<Long, Pending> pending = new ConcurrentHashMap<>();
  private final SessionAdapters adapters = new SessionAdapters();
  private final AtomicLong requests = new AtomicLong();
  private final Object sending = new Object();
  private volatile long sendDeadline = Long.MAX_VALUE;
  private volatile long lastSent = System.nanoTime();
  private volatile long lastEvaluated = System.nanoTime();
  private volatile boolean draining;
  private volatile @Nullable HeException end;

  private Session(
      FrameChannel channel,
      LinkConfig config,
      PadMaker padMaker,
      CkksContext context,
      SecretKey key,
      Hello.Host host,
      Runnable onChange) {
    this.onChange = onChange;
    this.padMaker = padMaker;
    this.padBytes = config.padBytes();
    this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(config.timeoutMillis());
    this.channel = channel;
    this.context = context;
    this.key = key;
    this.host = host;
  }

  /**
   * Exchanges hellos and keys.
   *
   * @param channel closed with the session, or when this fails
   * @param onChange told when an adapter was opened or refused
   */
  static Session begin(
      FrameChannel channel,
      LinkConfig config,
      CkksContext context,
      PadMaker padMaker,
      Runnable onChange)
      throws IOException {
    SessionHandshake done = SessionHandshake.of(channel, config.profile(), context);
    return new Session(channel, config, padMaker, context, done.key(), done.host(), onChange);
  }

  /** The key that opens the sealed parts at the other side, as it says. */
  KeyId hostKey() {
    return host.key();
  }

  /** Most tokens of one evaluation. */
  int maxTokens() {
    return host.maxTokens();
  }

  boolean isDraining() {
    return draining;
  }

  CkksContext context() {
    return context;
  }

  SecretKey key() {
    return key;
  }

  /** Asks for an adapter; the answer comes to the receiving thread. */
  void open(EncryptedAdapter adapter) throws IOException {
    OptionalInt ref = adapters.ask(adapter);
    if (ref.isPresent()) {
      byte[] digest = HexFormat.of().parseHex(adapter.digest());
      send(FrameType.OPEN, new Messages.Open(ref.getAsInt(), digest).encode());
    }
  }

  /** Lets the other side forget an adapter. */
  void forget(String digest) throws IOException {
    OptionalInt ref = adapters.forget(digest);
    if (ref.isPresent()) {
      send(FrameType.FORGET, Messages.ref(ref.getAsInt()));
    }
  }

  /** An adapter that the other side has opened. */
  @Nullable OpenAdapter find(String digest) {
    return adapters.find(digest);
  }

  /** Why an adapter is not open, if that is known. */
  Optional<String> problem(String digest) {
    return adapters.problem(digest);
  }

  /** An evaluation under way. */
  record Request(Pending pending, double[] magnitudes, long bytesUp, long encryptNanos) {}

  /**
   * Encrypts a batch and sends it.
   *
   * @param x [m][d] from its position on
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   */
  Request evaluate(
      OpenAdapter adapter, GroupPart group, InputShape shape, FloatBuffer x, long deadline) {
    long start = System.nanoTime();
    int bytes =
        Math.toIntExact(SecretKey.inputMessageBytes(context, shape) + Messages.EVALUATE_HEAD);
    if (bytes > host.maxPayload()) {
      throw new HeException(Reason.PROTOCOL, "a step is too large for the adapter host");
    }
    long id = requests.incrementAndGet();
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    Pending answer = new Pending();
    try {
      Frame.putHead(frame, FrameType.EVALUATE, bytes);
      new Messages.Evaluate(id, adapter.ref(), group.id()).encode(frame);
      double[] magnitudes =
          key.encryptInputs(
              shape, x, group.scales(), group.fixedPoint(context.parameters()).scaleBits(), frame);
      frame.flip();
      long encrypted = System.nanoTime();
      pending.put(id, answer);
      send(frame, deadline);
      return new Request(answer, magnitudes, bytes, encrypted - start);
    } finally {
      buffers.give(frame);
    }
  }

  /**
   * Encrypts a batch with pads and sends it.
   *
   * @param x [count][d] from its position on
   */
  Request evaluate(
      OpenAdapter adapter, GroupPart group, PadStock.Run run, FloatBuffer x, long deadline) {
    long start = System.nanoTime();
    int bytes =
        (int) Pads.tokenBytes(context, run.count(), group.columns()) + Messages.Padded.BYTES;
    long id = requests.incrementAndGet();
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    Pending answer = new Pending();
    try {
      Frame.putHead(frame, FrameType.EVALUATE_PADDED, bytes);
      Messages.Block block = new Messages.Block(adapter.ref(), group.id(), run.block());
      new Messages.Padded(id, block, run.first(), run.count()).encode(frame);
      double[] magnitudes =
          run.pads()
              .encrypt(
                  run.first(),
                  run.count(),
                  x,
                  group.scales(),
                  group.fixedPoint(context.parameters()).scaleBits(),
                  frame);
      frame.flip();
      long encrypted = System.nanoTime();
      pending.put(id, answer);
      send(frame, deadline);
      return new Request(answer, magnitudes, bytes, encrypted - start);
    } finally {
      buffers.give(frame);
    }
  }

  private void send(ByteBuffer frame, long deadline) {
    HeException over = end;
    if (over != null) {
      throw over;
    }
    try {
      transmit(() -> channel.send(frame), deadline);
    } catch (IOException e) {
      throw new HeException(Reason.CONNECTION, "the connection to the adapter host failed", e);
    }
    lastEvaluated = lastSent;
  }

  private interface Sending {
    void run() throws IOException;
  }

  /** Sends, one at a time; {@link #checkSending} ends what takes too long. */
  private void transmit(Sending frame, long deadline) throws IOException {
    synchronized (sending) {
      sendDeadline = deadline;
      try {
        frame.run();
      } finally {
        sendDeadline = Long.MAX_VALUE;
      }
    }
    lastSent = System.nanoTime();
  }

  /** Has pads made, if a stock runs low. */
  void replenish(OpenAdapter adapter, GroupPart group, PadStock stock) {
    for (int missing = stock.begin(); missing > 0; missing--) {
      padMaker.submit(
          () -> {
            InputPads pads = InputPads.make(key, group.columns(), group.rows());
            int block = stock.made(pads);
            if (block != 0) {
              announce(new Messages.Block(adapter.ref(), group.id(), block), pads.firstId());
            }
          });
    }
  }

  private void announce(Messages.Block block, long firstId) {
    ByteBuffer payload = ByteBuffer.allocate(Messages.Block.BYTES + Long.BYTES);
    block.encode(payload);
    try {
      send(FrameType.PREPARE, payload.putLong(firstId).flip());
    } catch (IOException e) {
      channel.close();
    }
  }

  /** The other half of a block has come; taken in when there is time. */
  private void prepared(Frame frame) {
    Messages.Block block = Messages.Block.decode(frame.payload());
    EncryptedAdapter adapter = adapters.asked(block.ref());
    OpenAdapter opened = adapter == null ? null : adapters.find(adapter.digest());
    OpenAdapter.Group group = opened == null ? null : opened.groups().get(block.group());
    PadStock stock = group == null ? null : group.pads();
    if (stock == null) {
      channel.release(frame);
      return; // forgotten meanwhile
    }
    padMaker.submit(
        () -> {
          try {
            InputPads pads = stock.own(block.block());
            if (pads != null) {
              pads.absorb(frame.payload());
              stock.ready(block.block(), pads);
            }
          } catch (CkksException | IllegalArgumentException e) {
            drop(new HeException(Reason.PROTOCOL, "malformed pads", e));
          } finally {
            channel.release(frame);
          }
        });
  }

  /** Positions of pads that are ready, over all adapters. */
  int padsReady() {
    return adapters.padsReady();
  }

  /** Gives back what an answer lay in. */
  void release(Frame frame) {
    channel.release(frame);
  }

  private void send(FrameType type, ByteBuffer payload) throws IOException {
    transmit(() -> channel.send(type, payload), System.nanoTime() + timeoutNanos);
  }

  /** Sends a sign of life if the session has been idle for a while; may block for a time. */
  void ping(long afterNanos) {
    if (System.nanoTime() - lastSent > afterNanos) {
      try {
        send(FrameType.PING, Messages.number(System.nanoTime()));
      } catch (IOException e) {
        channel.close();
      }
    }
  }

  /** Ends a session that the other side wants to end once nothing uses it. */
  void endIfDrained() {
    if (draining && pending.isEmpty() && System.nanoTime() - lastEvaluated > DRAINED_NANOS) {
      bye();
    }
  }

  /** Ends the connection if something is being sent for too long; never blocks. */
  void checkSending() {
    long deadline = sendDeadline;
    if (deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0) {
      drop(new HeException(Reason.TIMEOUT, "the adapter host does not read"));
    }
  }

  /** Receives until the connection ends, which it reports by throwing. */
  void receive() throws IOException {
    while (true) {
      Frame frame = channel.receive(host.maxPayload());
      if (frame == null) {
        throw new IOException("the adapter host ended the connection");
      }
      if (frame.type() == FrameType.ANSWERS) {
        Messages.Answers head = Messages.Answers.decode(frame.payload());
        Pending waiting = pending.remove(head.request());
        if (waiting == null) {
          throw new HeException(Reason.PROTOCOL, "an answer nobody asked for");
        }
        // its position is behind the head; the time it took stays readable before it
        waiting.complete(frame);
        continue;
      }
      if (frame.type() == FrameType.PREPARED) {
        prepared(frame);
        continue;
      }
      try {
        handle(frame);
      } finally {
        channel.release(frame);
      }
    }
  }

  /** The duration of an evaluation, as the other side reports it. */
  static long evaluationNanos(Frame answer) {
    return answer.payload().getLong(answer.payload().position() - Long.BYTES);
  }

  private void handle(Frame frame) {
    switch (frame.type()) {
      case OPENED -> opened(Messages.Opened.decode(frame.payload()));
      case REFUSED -> refused(Messages.Refused.decode(frame.payload()));
      case PONG -> Messages.readNumber(frame.payload());
      case DRAINING -> {
        draining = true;
        LOG.info("an adapter host is stopping: its adapters take no new requests");
      }
      case CLOSE -> throw SessionHandshake.closed(Messages.readClose(frame.payload()));
      default ->
          throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " from an adapter host");
    }
  }

  private void opened(Messages.Opened opened) {
    EncryptedAdapter adapter = adapters.asked(opened.ref());
    if (adapter == null) {
      return; // forgotten meanwhile
    }
    Map<GroupId, OpenAdapter.Group> groups = new HashMap<>();
    for (Messages.Group group : opened.groups()) {
      GroupPart part = adapter.group(group.id());
      if (part == null || part.columns() != group.columns() || part.rows() != group.rows()) {
        throw new HeException(Reason.PROTOCOL, "the adapter host holds another adapter");
      }
      boolean pads = group.pads() && wantsPads(adapter);
      groups.put(group.id(), new OpenAdapter.Group(group.packings(), pads ? new PadStock() : null));
    }
    if (groups.size() != adapter.groups().size()) {
      throw new HeException(Reason.PROTOCOL, "the adapter host holds another adapter");
    }
    adapters.opened(adapter.digest(), new OpenAdapter(this, opened.ref(), groups));
    LOG.info("adapter '{}' is open at its adapter host", adapter.name());
    onChange.run();
  }

  private boolean wantsPads(EncryptedAdapter adapter) {
    return Pads.supports(context.parameters()) && adapter.padBytes() <= padBytes;
  }

  private void refused(Messages.Refused refused) {
    EncryptedAdapter adapter = adapters.asked(refused.ref());
    String text = refused.refusal().text();
    if (refused.request() != 0) {
      Pending waiting = pending.remove(refused.request());
      if (waiting == null) {
        throw new HeException(Reason.PROTOCOL, "a refusal nobody asked for");
      }
      waiting.fail(new RefusedException(refused.refusal()));
    }
    boolean forGood =
        switch (refused.refusal()) {
          case UNKNOWN_ADAPTER, WITHDRAWN -> true;
          case BUDGET_EXHAUSTED, DRAINING, STORAGE -> false;
        };
    if (adapter != null && (forGood || refused.request() == 0)) {
      if (adapters.refused(adapter.digest(), text)) {
        LOG.warn("adapter '{}' is refused: {}", adapter.name(), text);
      }
      onChange.run();
    }
  }

  /** Adapters that were refused: the operator of the adapter host may have added them since. */
  void retryRefused() throws IOException {
    for (EncryptedAdapter adapter : adapters.takeRefused()) {
      open(adapter);
    }
  }

  /** Ends the session at once; whoever waits for an answer is told why. The other side is not. */
  void drop(HeException reason) {
    if (end == null) {
      end = reason;
    }
    channel.close();
  }

  /** Why it ended, if this side ended it. */
  Optional<HeException> reason() {
    return Optional.ofNullable(end);
  }

  /** Says good-bye. */
  void bye() {
    try {
      send(FrameType.CLOSE, Messages.close(CloseReason.BYE));
    } catch (IOException e) {
      // it is gone already
    }
    drop(new HeException(Reason.CONNECTION, "the session was ended"));
  }

  /** Fails everything that is under way and wipes the key. */
  @Override
  public void close() {
    channel.close();
    if (end == null) {
      end = new HeException(Reason.CONNECTION, "the connection to the adapter host ended");
    }
    HeException reason = end;
    adapters.close();
    pending.values().forEach(p -> p.fail(reason));
    pending.clear();
    key.close();
  }
}
