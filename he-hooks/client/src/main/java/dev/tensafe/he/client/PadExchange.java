package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.InputPads;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the pads of one session ahead of their use, half of each block at either side. A block goes
 * through these states, all of them kept in its {@link PadStock}:
 *
 * <pre>
 * begun      counted as on its way                                 engine's thread
 * made       this side's half; PREPARE tells the adapter host      pad maker's thread
 * ready      the other half came in PREPARED and was absorbed      pad maker's thread
 * used up    its last position was taken                           engine's thread
 * </pre>
 */
final class PadExchange {
  private final SecretKey key;
  private final FrameChannel channel;
  private final ClientWriter writer;
  private final PadMaker padMaker;
  private final SessionEnd end;

  /**
   * @param key closed by the session
   */
  PadExchange(
      SecretKey key, FrameChannel channel, ClientWriter writer, PadMaker padMaker, SessionEnd end) {
    this.key = key;
    this.channel = channel;
    this.writer = writer;
    this.padMaker = padMaker;
    this.end = end;
  }

  /** Has pads made, if a stock runs low. For the engine's thread: nothing is made in it. */
  void replenish(ClientOpenAdapter adapter, PublicGroup group, PadStock stock) {
    for (int missing = stock.begin(); missing > 0; missing--) {
      padMaker.submit(
          () -> {
            InputPads pads = InputPads.make(key, group.columns(), group.rows());
            int block = stock.made(pads);
            if (block != 0) {
              announce(
                  new EvaluationMessages.Block(adapter.ref(), group.id(), block), pads.firstId());
            }
          });
    }
  }

  private void announce(EvaluationMessages.Block block, long firstId) {
    ByteBuffer payload = ByteBuffer.allocate(EvaluationMessages.Block.BYTES + Long.BYTES);
    block.encode(payload);
    try {
      writer.send(FrameType.PREPARE, payload.putLong(firstId).flip());
    } catch (IOException e) {
      end.disconnect();
    }
  }

  /**
   * The other half of a block has come; it is absorbed when there is time. For the receiving
   * thread.
   *
   * @param frame after the block's name; released here
   * @param stock of the block's group, or null if the adapter was forgotten meanwhile
   */
  void prepared(Frame frame, int block, @Nullable PadStock stock) {
    if (stock == null) {
      channel.release(frame);
      return;
    }
    padMaker.submit(
        () -> {
          try {
            InputPads pads = stock.own(block);
            if (pads != null) {
              pads.absorb(frame.payload());
              stock.ready(block, pads);
            }
          } catch (CkksException | IllegalArgumentException e) {
            end.end(new HeException(Reason.PROTOCOL, "malformed pads", e));
          } finally {
            channel.release(frame);
          }
        });
  }
}
