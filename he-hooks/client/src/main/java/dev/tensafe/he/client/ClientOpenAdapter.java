package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.client.HeListener.LaneEvent;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TraceMessage;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.Pads;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An adapter that is open in a session, as the model host sees it: what the adapter host holds of
 * it, how its answers are checked, and the lanes of its sequences. Its bases are in a {@link
 * PublicPart}. Thread-safe.
 */
final class ClientOpenAdapter implements AutoCloseable {
  private final SessionCore session;
  private final int ref;
  private final Verification verification;
  private final Map<GroupId, OpenGroup> groups;
  private final long tokenBytes;
  private final PreparationLimit limit;
  private final @Nullable BlockExchange blocks;
  private final LaneSupply supply;
  private final LaneBook lanes;

  private ClientOpenAdapter(
      SessionCore session,
      PublicPart part,
      int ref,
      Verification verification,
      Map<GroupId, OpenGroup> groups,
      PreparationLimit limit,
      long padBytes,
      ObjIntConsumer<LaneEvent> listener) {
    this.session = session;
    this.limit = limit;
    this.ref = ref;
    this.verification = verification;
    this.groups = groups;
    int widest = part.groups().stream().mapToInt(PublicGroup::columns).max().orElse(1);
    this.tokenBytes = Pads.tokenBytes(session.context(), 1, widest);
    PadMemory memory = new PadMemory(padBytes);
    this.blocks =
        padBytes == 0
            ? null
            : new BlockExchange(
                session.context(),
                session.masks(),
                session.writer(),
                ref,
                part.groups(),
                memory,
                limit);
    this.supply = new LaneSupply(session, ref, part.groups(), blocks, memory, limit, listener);
    this.lanes = new LaneBook(supply, session.retirement());
  }

  /**
   * @param part what this side knows of it
   * @param opened what the other side says of it
   * @param tag null where its answers are checked by their size alone
   * @param limit of the adapter at this host, over all sessions
   * @param padBytes most memory for pads, 0 for none
   * @throws HeException {@code he.protocol} if the two are not the same adapter's
   */
  static ClientOpenAdapter of(
      SessionCore session,
      PublicPart part,
      AdapterMessages.Opened opened,
      Verification verification,
      @Nullable AdapterTag tag,
      PreparationLimit limit,
      long padBytes,
      ObjIntConsumer<LaneEvent> listener) {
    Map<GroupId, OpenGroup> groups = new LinkedHashMap<>();
    int first = 0;
    boolean padded = true;
    for (PublicGroup group : part.groups()) {
      AdapterMessages.Group there = find(opened, group);
      padded &= there.pads();
      GroupCodec codec = codec(session.context(), group, tag, first);
      groups.put(group.id(), new OpenGroup(groups.size(), group, there.packings(), codec));
      first += group.columns();
    }
    return new ClientOpenAdapter(
        session, part, opened.ref(), verification, groups, limit, padded ? padBytes : 0, listener);
  }

  /** Refuses what is not the adapter that this side knows. */
  static void requireSame(PublicPart part, AdapterMessages.Opened opened) {
    if (opened.groups().size() != part.groups().size()) {
      throw new HeException(Reason.PROTOCOL, "the adapter host holds another adapter");
    }
    part.groups().forEach(group -> find(opened, group));
  }

  private static AdapterMessages.Group find(AdapterMessages.Opened opened, PublicGroup group) {
    return opened.groups().stream()
        .filter(
            g ->
                g.id().equals(group.id())
                    && g.columns() == group.columns()
                    && g.rows() == group.rows())
        .findFirst()
        .orElseThrow(
            () -> new HeException(Reason.PROTOCOL, "the adapter host holds another adapter"));
  }

  private static GroupCodec codec(
      CkksContext context, PublicGroup group, @Nullable AdapterTag tag, int first) {
    return GroupCodec.of(
        context,
        group.columns(),
        group.rows(),
        group.scales(),
        group.fixedPoint(context.parameters()),
        group.rowScales(),
        group.rowNorms(),
        group.largestRowSum(),
        tag == null ? null : tag.group(first, group.columns(), group.rows()));
  }

  /** The evaluations that follow belong to a span; says so to a host that takes traces. */
  void beginTrace(String traceId, String spanId) {
    tell(new TraceMessage(ref, traceId, spanId));
  }

  /** The span is over. */
  void endTrace() {
    tell(TraceMessage.end(ref));
  }

  private void tell(TraceMessage message) {
    if (session.shaken().traces()) {
      session.writer().tell(FrameType.TRACE, message.encode());
    }
  }

  SessionCore session() {
    return session;
  }

  /** Its number in the session. */
  int ref() {
    return ref;
  }

  Verification verification() {
    return verification;
  }

  @Nullable OpenGroup group(GroupId id) {
    return groups.get(id);
  }

  /** Bytes of a token with pads, in the widest group. */
  long tokenBytes() {
    return tokenBytes;
  }

  LaneBook lanes() {
    return lanes;
  }

  /** Counts tokens of a step. */
  void used(int tokens) {
    limit.use(tokens);
  }

  /** The exchange that prepares its blocks, or null where there are no pads. */
  @Nullable BlockExchange blocks() {
    return blocks;
  }

  /** Has blocks prepared and lanes bound ahead. */
  void replenish() {
    supply.replenish();
  }

  /** Something of it was refused; it stays open. */
  void refused(Refusal refusal) {
    if (refusal == Refusal.PREPARATION) {
      supply.refused();
    }
  }

  /** Positions of pads that are ready, over all groups. */
  int padsReady() {
    return supply.ready();
  }

  /** Retires its lanes and wipes what was made ahead. */
  @Override
  public void close() {
    supply.close();
    lanes.close();
    if (blocks != null) {
      blocks.close();
    }
    groups.values().forEach(group -> group.codec().close());
  }
}
