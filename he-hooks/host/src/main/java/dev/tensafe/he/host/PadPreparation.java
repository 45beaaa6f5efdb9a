package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.BufferPool;
import dev.tensafe.he.wire.ControlMessages;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.nativelib.ckks.AnswerPads;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.nativelib.ckks.WeightMatrix;
import java.nio.ByteBuffer;

/**
 * Makes the answers' half of the blocks of pads that one session asks for: announced at once, made
 * by the {@link PoolFiller} when there is time, then sent. {@link #prepare} is for the session's
 * thread; what it shares with the filler's is in {@link PadBlocks}.
 */
final class PadPreparation {
  /** Blocks of pads of a whole session: their memory is the adapter host's. */
  private static final int MAX_BLOCKS = 4096;

  private final AdapterHost host;
  private final SessionKeys keys;
  private final HostOpenAdapters open;
  private final HostWriter writer;
  private final BufferPool buffers;

  PadPreparation(
      AdapterHost host,
      SessionKeys keys,
      HostOpenAdapters open,
      HostWriter writer,
      BufferPool buffers) {
    this.host = host;
    this.keys = keys;
    this.open = open;
    this.writer = writer;
    this.buffers = buffers;
  }

  /**
   * @throws HeException {@code he.protocol} for a block too many, or one again
   */
  void prepare(ByteBuffer payload) {
    EvaluationMessages.Block block = EvaluationMessages.Block.decode(payload);
    long firstId = ControlMessages.readNumber(payload);
    HostOpenAdapter opened = open.require(block.ref());
    SealedPart.Group group = opened.group(block.group());
    PadBlocks blocks = opened.blocks(block.group());
    WeightMatrix matrix = group.matrix(Pads.PACKING);
    if (matrix == null || opened.adapter().isClosed()) {
      return; // the next evaluation is refused
    }
    if (open.blockCount() >= MAX_BLOCKS) {
      throw new HeException(Reason.PROTOCOL, "more blocks of pads than " + MAX_BLOCKS);
    }
    blocks.announce(block.block());
    host.pools.submit(() -> make(block, firstId, matrix, group.rows(), blocks));
  }

  private void make(
      EvaluationMessages.Block block,
      long firstId,
      WeightMatrix matrix,
      int rows,
      PadBlocks blocks) {
    int bytes = (int) Pads.messageBytes(keys.context(), rows) + EvaluationMessages.Block.BYTES;
    ByteBuffer frame = buffers.take(Frame.HEAD_BYTES + bytes);
    try {
      Frame.putHead(frame, FrameType.PREPARED, bytes);
      block.encode(frame);
      blocks.put(
          block.block(),
          AnswerPads.make(
              keys.context(), keys.masks(), matrix, keys.rerandomizer(), firstId, frame));
      writer.sendLater(frame.flip(), buffers);
    } catch (IllegalStateException e) {
      // the adapter or the session has just ended
      buffers.give(frame);
    }
  }
}
