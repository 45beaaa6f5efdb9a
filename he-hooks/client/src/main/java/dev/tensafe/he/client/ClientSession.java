package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.CloseReason;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.SecretKind;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model host's end of one connection to an adapter host, and all keys that live no longer than
 * the connection. It begins after the {@link SessionHandshake}:
 *
 * <pre>
 * standing ── DRAINING ──▶ draining ── idle for 2 s ──▶ ended ── close() ──▶ wiped
 *     └──────────┴── a failure, drop(), bye() ────────────▲
 * </pre>
 *
 * <p>Evaluations go on while it drains; {@link HostLink#problem} keeps new requests away. Once it
 * has ended, nothing is sent and {@link #receive} throws; {@link #close} then fails what is under
 * way and wipes keys and pads.
 *
 * <p>One thread receives and closes: the link's. The engine's thread receives too, while it waits
 * for an answer. Both leave to the session's tasks what takes time. Any thread may open and forget
 * adapters or end the session.
 */
final class ClientSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);

  /** Without an evaluation, after which the requests of a session that drains are over. */
  private static final long DRAINED_NANOS = 2_000_000_000L;

  private final FrameChannel channel;
  private final SessionHandshake shaken;
  private final SessionEnd end;
  private final ClientWriter writer;
  private final SessionTasks tasks;
  private final SessionMasks masks;
  private final LaneKeys keys;
  private final Retirement retirement;
  private final Evaluations evaluations;
  private final SessionAdapters adapters = new SessionAdapters();
  private final AdapterSetups setups;

  private final long begun = System.nanoTime();
  private volatile boolean draining;

  /** What a session tells its link. */
  interface Events {
    /** An adapter takes requests, or was refused. */
    void changed();

    /** The adapter host is to be barred from an adapter. */
    void hostile(KeyId host, PublicPart adapter, BarredHosts.Reason reason);
  }

  private ClientSession(
      FrameChannel channel,
      LinkTools tools,
      TaskThread thread,
      SessionHandshake shaken,
      Events events) {
    CkksContext context = tools.packings().context();
    this.channel = channel;
    this.shaken = shaken;
    this.end = new SessionEnd(channel);
    this.writer =
        new ClientWriter(channel, TimeUnit.MILLISECONDS.toNanos(tools.config().timeoutMillis()));
    this.tasks = new SessionTasks(thread, end);
    this.masks = SessionMasks.of(context, shaken);
    SecretKind kind = context.parameters().limbs() == 1 ? SecretKind.UNIFORM : SecretKind.TERNARY;
    this.keys = new LaneKeys(context, kind, masks, writer, tasks);
    this.retirement = new Retirement(writer, tasks);
    this.evaluations = new Evaluations(channel, shaken.host(), writer, end, this::accept);
    SessionCore core =
        new SessionCore(
            context,
            shaken,
            end,
            masks,
            writer,
            tasks,
            tools.padMaker(),
            keys,
            retirement,
            evaluations);
    this.setups = new AdapterSetups(core, tools, adapters, events);
  }

  /**
   * Exchanges hellos.
   *
   * @param channel closed with the session, or when this fails
   * @param thread of the link, for what takes time
   * @param traces whether to ask if the other side takes traces
   * @param admission throws if there may be no session with the holder of a key
   */
  static ClientSession begin(
      FrameChannel channel,
      LinkTools tools,
      TaskThread thread,
      boolean traces,
      Consumer<KeyId> admission,
      Events events)
      throws IOException {
    SessionHandshake shaken =
        SessionHandshake.of(channel, tools.config().profile(), traces, admission);
    ClientSession session = new ClientSession(channel, tools, thread, shaken, events);
    session.keys.replenish();
    return session;
  }

  /** The key that opens the sealed parts at the other side, as it has proven. */
  KeyId hostKey() {
    return shaken.host().key().id();
  }

  /** Nanoseconds since it began. */
  long ageNanos() {
    return System.nanoTime() - begun;
  }

  LaneKeys keys() {
    return keys;
  }

  /** The number of adapters that take requests. */
  int openAdapters() {
    return adapters.open().size();
  }

  boolean isDraining() {
    return draining;
  }

  /** Asks for an adapter; the answer comes to the receiving thread. */
  void open(PublicPart adapter) throws IOException {
    OptionalInt ref = adapters.ask(adapter);
    if (ref.isPresent()) {
      byte[] digest = HexFormat.of().parseHex(adapter.digest());
      writer.send(FrameType.OPEN, new AdapterMessages.Open(ref.getAsInt(), digest).encode());
    }
  }

  /** Lets the other side forget an adapter, once nothing more of it is sent. */
  void forget(String digest) {
    OptionalInt ref = adapters.forget(digest);
    if (ref.isPresent()) {
      setups.drop(ref.getAsInt());
      tasks.submit(() -> writer.tell(FrameType.FORGET, AdapterMessages.ref(ref.getAsInt())));
    }
  }

  /** Adapters that were refused: the operator of the adapter host may have added them since. */
  void retryRefused() throws IOException {
    for (PublicPart adapter : adapters.takeRefused()) {
      open(adapter);
    }
  }

  /** An adapter that takes requests. */
  @Nullable ClientOpenAdapter find(String digest) {
    return adapters.find(digest);
  }

  /** Whether an adapter is open at the other side, and takes no requests yet. */
  boolean isPreparing(String digest) {
    return setups.isPreparing(digest);
  }

  /** The reason why an adapter takes no requests, if it was refused. */
  Optional<String> problem(String digest) {
    return adapters.problem(digest);
  }

  /** Positions of pads that are ready, over all adapters. */
  int padsReady() {
    return adapters.open().stream().mapToInt(ClientOpenAdapter::padsReady).sum();
  }

  /** A sequence needs its lane no more. */
  void ended(long sequence) {
    for (ClientOpenAdapter adapter : adapters.open()) {
      adapter.lanes().ended(sequence);
    }
  }

  /** Receives until the connection ends, which it reports by throwing. */
  void receive() throws IOException {
    while (true) {
      Frame frame = channel.receive(shaken.host().maxPayload());
      if (frame == null) {
        throw new IOException("the adapter host ended the connection");
      }
      accept(frame);
    }
  }

  /** Takes a frame, in either receiving thread; never blocks. */
  private void accept(Frame frame) {
    switch (frame.type()) {
      // released by whoever waits for it
      case ANSWERS -> evaluations.answered(frame);
      case OPENED, PREPARED, OPEN_LANES, TAG_CHOICE, TAGS ->
          tasks.submit(
              () -> {
                try {
                  handle(frame);
                } finally {
                  channel.release(frame);
                }
              });
      default -> {
        try {
          control(frame);
        } finally {
          channel.release(frame);
        }
      }
    }
  }

  private void control(Frame frame) {
    switch (frame.type()) {
      case REFUSED -> refused(AdapterMessages.Refused.decode(frame.payload()));
      case PONG -> ControlMessages.readNumber(frame.payload());
      case DRAINING -> {
        draining = true;
        LOG.info("an adapter host is stopping: its adapters take no new requests");
      }
      case CLOSE -> throw SessionHandshake.closed(ControlMessages.readClose(frame.payload()));
      default ->
          throw new HeException(Reason.PROTOCOL, "a " + frame.type() + " from an adapter host");
    }
  }

  private void handle(Frame frame) {
    switch (frame.type()) {
      case OPENED -> setups.opened(AdapterMessages.Opened.decode(frame.payload()));
      case OPEN_LANES -> keys.opened(LaneMessages.OpenLanes.decode(frame.payload()));
      case PREPARED ->
          setups.prepared(EvaluationMessages.Prepared.decode(frame.payload()), frame.payload());
      case TAG_CHOICE -> setups.chosen(TagMessages.Choice.decode(frame.payload()));
      default -> setups.tags(TagMessages.Tags.decode(frame.payload()), frame.payload());
    }
  }

  private void refused(AdapterMessages.Refused refused) {
    if (refused.request() != 0) {
      evaluations.refused(refused.request(), new RefusedException(refused.refusal()));
    }
    tasks.submit(() -> setups.refused(refused));
  }

  /** Sends a sign of life if the session has been idle for a while; may block for a time. */
  void ping(long afterNanos) {
    if (System.nanoTime() - writer.lastSent() > afterNanos) {
      try {
        writer.send(FrameType.PING, ControlMessages.number(System.nanoTime()));
      } catch (IOException e) {
        end.disconnect();
      }
    }
  }

  /** Ends a session that the other side wants to end once nothing uses it. */
  void endIfDrained() {
    if (draining && evaluations.isIdle(DRAINED_NANOS)) {
      bye();
    }
  }

  /** Ends the connection if something is being sent for too long; never blocks. */
  void checkSending() {
    if (writer.isOverdue()) {
      drop(new HeException(Reason.TIMEOUT, "the adapter host does not read"));
    }
  }

  /** Ends the session at once; whoever waits for an answer is told why. The other side is not. */
  void drop(HeException reason) {
    end.end(reason);
  }

  /** The reason why it ended, if this side ended it. */
  Optional<HeException> reason() {
    return end.reason();
  }

  /** Retires all lanes and says good-bye, in the same way whatever the reason. */
  void bye() {
    try {
      List<ClientOpenAdapter> open = adapters.open();
      open.forEach(adapter -> adapter.lanes().close());
      retirement.flush();
      writer.send(FrameType.CLOSE, ControlMessages.close(CloseReason.BYE));
    } catch (IOException | HeException e) {
      // it is gone already
    }
    drop(new HeException(Reason.CONNECTION, "the session was ended"));
  }

  /** Fails everything that is under way and wipes all keys. */
  @Override
  public void close() {
    drop(new HeException(Reason.CONNECTION, "the connection to the adapter host ended"));
    adapters.close();
    setups.close();
    retirement.close();
    keys.close();
    evaluations.fail(end.reason().orElseThrow());
    masks.close();
  }
}
