package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.EvaluationMessages.Prepare;
import dev.tensafe.he.wire.EvaluationMessages.Prepared;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.nativelib.ckks.AnswerBlock;
import dev.tensafe.nativelib.ckks.InputBlock;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;

/**
 * Makes the blocks of pads that one session asks for, group by group, and binds lanes to them. The
 * first ones of an adapter are made soon, since nothing goes without them, later ones when there is
 * time. For the session's thread; what it shares with the threads that make blocks is in {@link
 * HostBlock}.
 */
final class BlockPreparation {
  private final AdapterHost host;
  private final SessionKeys keys;
  private final String account;
  private final HostOpenAdapters open;
  private final HostLanes lanes;
  private final HostWriter writer;

  /** Of their own: the session does not wait for a thread of idle priority that has the lock. */
  private final BufferPool buffers = new BufferPool();

  /**
   * @param account of the session's client
   */
  BlockPreparation(
      AdapterHost host,
      SessionKeys keys,
      String account,
      HostOpenAdapters open,
      HostLanes lanes,
      HostWriter writer) {
    this.host = host;
    this.keys = keys;
    this.account = account;
    this.open = open;
    this.lanes = lanes;
    this.writer = writer;
  }

  /**
   * Has a block made, or refuses it.
   *
   * @throws HeException {@code he.protocol} for a block too many, one again, or of another size
   *     than there are
   */
  void prepare(Prepare request) throws IOException {
    HostOpenAdapter opened = open.require(request.ref());
    int tokens = request.tokens();
    if (!opened.hasPads() || (tokens != Pads.SHORT && tokens != Pads.LONG)) {
      throw new HeException(Reason.PROTOCOL, "no blocks of " + tokens + " positions");
    }
    HostBlock block = opened.begin(request.block(), tokens, host.limits.maxBlocks());
    if (!take(opened, tokens)) {
      opened.drop(block);
      writer.refuse(request.ref(), 0, Refusal.PREPARATION);
      return;
    }
    boolean first = opened.isFirst(tokens);
    long id = request.firstId();
    for (Map.Entry<GroupId, SealedPart.Group> e : opened.groups().entrySet()) {
      Prepared head = new Prepared(request.ref(), e.getKey(), request.block());
      SealedPart.Group group = e.getValue();
      long firstId = id;
      Runnable making = () -> make(head, group, block, firstId);
      if (first) {
        host.setups.submit(making);
      } else {
        host.pools.submit(making);
      }
      id += InputBlock.masks(keys.context(), tokens, group.columns());
    }
  }

  private boolean take(HostOpenAdapter opened, int positions) {
    return host.preparations.take(
        opened.adapter(), account, host.meter.metered(opened.use()), positions);
  }

  private void make(Prepared head, SealedPart.Group group, HostBlock block, long firstId) {
    if (block.isClosed()) {
      return;
    }
    WeightMatrix matrix =
        Objects.requireNonNull(group.matrix(Pads.packing(block.tokens())), "held for its pads");
    int bytes = (int) Pads.messageBytes(keys.context(), group.rows()) + Prepared.BYTES;
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.PREPARED, bytes);
      head.encode(frame);
      block.put(
          group.index(),
          AnswerBlock.make(keys.context(), keys.masks(), matrix, keys.halves(), firstId, frame));
      host.stats.madeBlock();
      writer.sendLater(frame.flip(), buffers);
    } catch (IllegalStateException e) {
      // the adapter or the session has just ended
      buffers.give(frame);
    }
  }

  /**
   * Notes that a lane will use a block, and has its noise made ahead, or refuses it.
   *
   * @throws HeException {@code he.protocol} if the lane has another block of the adapter, or there
   *     is no such block that takes lanes
   */
  void bind(LaneMessages.Bind request) throws IOException {
    HostLane lane = lanes.require(request.lane());
    HostOpenAdapter opened = open.require(request.ref());
    HostBlock block = opened.block(request.block());
    if (lane.binding(request.ref()) != null) {
      throw new HeException(Reason.PROTOCOL, "a lane is bound to two blocks of an adapter");
    }
    if (!take(opened, block.tokens())) {
      lane.refuse(request.ref());
      writer.refuse(request.ref(), 0, Refusal.PREPARATION);
      return;
    }
    block.bind();
    LaneBinding binding =
        new LaneBinding(request.ref(), block, lane.key(), host.ahead, opened.rows());
    lane.bind(binding);
    host.pools.submit(binding::makeAhead);
  }
}
