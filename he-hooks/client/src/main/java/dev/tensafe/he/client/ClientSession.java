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
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.SecretKey;
import dev.tensafe.tssp.keys.KeyId;
import java.io.IOException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model host's end of one connection to an adapter host, and the secret key that lives as long
 * as the connection. It begins after the {@link SessionHandshake}:
 *
 * <pre>
 * standing ── DRAINING ──▶ draining ── idle for 2 s ──▶ ended ── close() ──▶ wiped
 *     └──────────┴── a failure, drop(), bye() ────────────▲
 * </pre>
 *
 * <p>Evaluations go on while it drains; {@link HostLink#problem} keeps new requests away. Once it
 * has ended, nothing is sent and {@link #receive} throws; {@link #close} then fails what is under
 * way and wipes the key and all pads.
 *
 * <p>One thread receives and closes: the link's. The engine's thread uses {@link #evaluations} and
 * {@link #pads}. Any thread may open and forget adapters or end the session.
 */
final class ClientSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClientSession.class);

  /** Without an evaluation, after which the requests of a session that drains are over. */
  private static final long DRAINED_NANOS = 2_000_000_000L;

  private final FrameChannel channel;
  private final CkksContext context;
  private final SecretKey key;
  private final Hello.Host host;
  private final long padBytes;
  private final Runnable onChange;
  private final SessionEnd end;
  private final ClientWriter writer;
  private final Evaluations evaluations;
  private final PadExchange pads;
  private final SessionAdapters adapters = new SessionAdapters();
  private volatile boolean draining;

  private ClientSession(
      FrameChannel channel,
      LinkConfig config,
      PadMaker padMaker,
      CkksContext context,
      SessionHandshake shaken,
      Runnable onChange) {
    this.channel = channel;
    this.context = context;
    this.key = shaken.key();
    this.host = shaken.host();
    this.padBytes = config.padBytes();
    this.onChange = onChange;
    this.end = new SessionEnd(channel);
    this.writer = new ClientWriter(channel, TimeUnit.MILLISECONDS.toNanos(config.timeoutMillis()));
    this.evaluations = new Evaluations(context, key, host, writer, end);
    this.pads = new PadExchange(key, channel, writer, padMaker, end);
  }

  /**
   * Exchanges hellos and keys.
   *
   * @param channel closed with the session, or when this fails
   * @param onChange told when an adapter was opened or refused
   */
  static ClientSession begin(
      FrameChannel channel,
      LinkConfig config,
      CkksContext context,
      PadMaker padMaker,
      Runnable onChange)
      throws IOException {
    SessionHandshake shaken = SessionHandshake.of(channel, config.profile(), context);
    return new ClientSession(channel, config, padMaker, context, shaken, onChange);
  }

  /** The key that opens the sealed parts at the other side, as it says. */
  KeyId hostKey() {
    return host.key();
  }

  boolean isDraining() {
    return draining;
  }

  Evaluations evaluations() {
    return evaluations;
  }

  PadExchange pads() {
    return pads;
  }

  /** Asks for an adapter; the answer comes to the receiving thread. */
  void open(PublicPart adapter) throws IOException {
    OptionalInt ref = adapters.ask(adapter);
    if (ref.isPresent()) {
      byte[] digest = HexFormat.of().parseHex(adapter.digest());
      writer.send(FrameType.OPEN, new AdapterMessages.Open(ref.getAsInt(), digest).encode());
    }
  }

  /** Lets the other side forget an adapter. */
  void forget(String digest) throws IOException {
    OptionalInt ref = adapters.forget(digest);
    if (ref.isPresent()) {
      writer.send(FrameType.FORGET, AdapterMessages.ref(ref.getAsInt()));
    }
  }

  /** Adapters that were refused: the operator of the adapter host may have added them since. */
  void retryRefused() throws IOException {
    for (PublicPart adapter : adapters.takeRefused()) {
      open(adapter);
    }
  }

  /** An adapter that the other side has opened. */
  @Nullable ClientOpenAdapter find(String digest) {
    return adapters.find(digest);
  }

  /** The reason why an adapter is not open, if that is known. */
  Optional<String> problem(String digest) {
    return adapters.problem(digest);
  }

  /** Positions of pads that are ready, over all adapters. */
  int padsReady() {
    return adapters.padsReady();
  }

  /** Gives back what an answer lay in. */
  void release(Frame frame) {
    channel.release(frame);
  }

  /** Receives until the connection ends, which it reports by throwing. */
  void receive() throws IOException {
    while (true) {
      Frame frame = channel.receive(host.maxPayload());
      if (frame == null) {
        throw new IOException("the adapter host ended the connection");
      }
      switch (frame.type()) {
        // these two are released by whoever reads them
        case ANSWERS -> evaluations.answered(frame);
        case PREPARED -> prepared(frame);
        default -> {
          try {
            handle(frame);
          } finally {
            channel.release(frame);
          }
        }
      }
    }
  }

  private void handle(Frame frame) {
    switch (frame.type()) {
      case OPENED -> opened(AdapterMessages.Opened.decode(frame.payload()));
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

  private void prepared(Frame frame) {
    EvaluationMessages.Block block = EvaluationMessages.Block.decode(frame.payload());
    PublicPart adapter = adapters.asked(block.ref());
    ClientOpenAdapter opened = adapter == null ? null : adapters.find(adapter.digest());
    ClientOpenAdapter.Group group = opened == null ? null : opened.groups().get(block.group());
    pads.prepared(frame, block.block(), group == null ? null : group.pads());
  }

  private void opened(AdapterMessages.Opened opened) {
    PublicPart adapter = adapters.asked(opened.ref());
    if (adapter == null) {
      return; // forgotten meanwhile
    }
    Map<GroupId, ClientOpenAdapter.Group> groups = new HashMap<>();
    for (AdapterMessages.Group group : opened.groups()) {
      PublicGroup part = adapter.group(group.id());
      if (part == null || part.columns() != group.columns() || part.rows() != group.rows()) {
        throw new HeException(Reason.PROTOCOL, "the adapter host holds another adapter");
      }
      PadStock stock = group.pads() && wantsPads(adapter) ? new PadStock() : null;
      groups.put(group.id(), new ClientOpenAdapter.Group(group.packings(), stock));
    }
    if (groups.size() != adapter.groups().size()) {
      throw new HeException(Reason.PROTOCOL, "the adapter host holds another adapter");
    }
    adapters.opened(adapter.digest(), new ClientOpenAdapter(this, opened.ref(), groups));
    LOG.info("adapter '{}' is open at its adapter host", adapter.name());
    onChange.run();
  }

  private boolean wantsPads(PublicPart adapter) {
    return Pads.supports(context.parameters()) && adapter.padBytes() <= padBytes;
  }

  private void refused(AdapterMessages.Refused refused) {
    PublicPart adapter = adapters.asked(refused.ref());
    String text = refused.refusal().text();
    if (refused.request() != 0) {
      evaluations.refused(refused.request(), new RefusedException(refused.refusal()));
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

  /** Says good-bye. */
  void bye() {
    try {
      writer.send(FrameType.CLOSE, ControlMessages.close(CloseReason.BYE));
    } catch (IOException e) {
      // it is gone already
    }
    drop(new HeException(Reason.CONNECTION, "the session was ended"));
  }

  /** Fails everything that is under way and wipes the key. */
  @Override
  public void close() {
    drop(new HeException(Reason.CONNECTION, "the connection to the adapter host ended"));
    HeException reason = end.reason().orElseThrow();
    adapters.close();
    evaluations.fail(reason);
    key.close();
  }
}
