package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.he.wire.TagMessages;
import dev.tensafe.he.wire.TraceMessage;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Hands the frames of a session that stands to what they concern. Confined to the session's thread.
 */
final class HostFrames {
  private final HostLanes lanes;
  private final HostOpenAdapters open;
  private final BlockPreparation blocks;
  private final Evaluator evaluator;
  private final TagSetups tags;
  private final SessionTraces traces;

  /**
   * @param account of the session's client
   */
  HostFrames(
      AdapterHost host,
      SessionKeys keys,
      String account,
      HostLanes lanes,
      HostOpenAdapters open,
      HostWriter writer,
      BufferPool buffers,
      SessionTraces traces) {
    this.lanes = lanes;
    this.open = open;
    this.blocks = new BlockPreparation(host, keys, account, open, lanes, writer);
    this.evaluator = new Evaluator(host, keys, open, lanes, writer, buffers, traces);
    this.traces = traces;
    this.tags = new TagSetups(host, keys, open, writer);
  }

  /**
   * @throws HeException {@code he.protocol} for a frame that no model host sends
   */
  void handle(FrameType type, ByteBuffer payload) throws IOException {
    switch (type) {
      case EVALUATE_PADDED -> evaluator.evaluatePadded(payload);
      case EVALUATE -> evaluator.evaluate(payload);
      case BIND -> blocks.bind(LaneMessages.Bind.decode(payload));
      case RETIRE -> lanes.retire(LaneMessages.Retire.decode(payload));
      case LANES -> lanes.announce(LaneMessages.Lanes.decode(payload));
      case LANE_SEEDS -> lanes.prove(LaneMessages.Seeds.decode(payload));
      case LANE_KEY -> lanes.add(payload);
      case OPEN -> open.open(AdapterMessages.Open.decode(payload));
      case FORGET -> forget(AdapterMessages.readRef(payload));
      case PREPARE -> blocks.prepare(EvaluationMessages.Prepare.decode(payload));
      case TAG_KEYS -> tags.announce(TagMessages.Keys.decode(payload));
      case TAG_SETUP -> tags.setUp(payload);
      case TRACE -> traces.take(TraceMessage.decode(payload));
      default -> throw new HeException(Reason.PROTOCOL, "a " + type + " from a model host");
    }
  }

  private void forget(int ref) {
    traces.end(ref);
    open.forget(ref);
  }
}
