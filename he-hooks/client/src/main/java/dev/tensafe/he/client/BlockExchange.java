package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.InputBlock;
import dev.tensafe.nativelib.ckks.Pads;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Has the blocks of one adapter prepared in a session: short ones, for tokens that come one by one,
 * and long ones, for prompts. Confined to the session's tasks, but for {@link #blocks} and {@link
 * #close}.
 */
final class BlockExchange implements AutoCloseable {
  private final CkksContext context;
  private final SessionMasks masks;
  private final ClientWriter writer;
  private final int ref;
  private final List<PublicGroup> groups;
  private final PadMemory memory;
  private final PreparationLimit limit;
  private final List<Blocks> blocks = List.of(new Blocks(Pads.SHORT), new Blocks(Pads.LONG));

  /** By number, those that are not ready. */
  private final Map<Integer, Block> announced = new HashMap<>();

  private int lastNumber;

  /** Whether one of those that are not ready may have been refused. */
  private boolean refused;

  /**
   * @param ref the adapter's number in the session
   * @param groups in order
   */
  BlockExchange(
      CkksContext context,
      SessionMasks masks,
      ClientWriter writer,
      int ref,
      List<PublicGroup> groups,
      PadMemory memory,
      PreparationLimit limit) {
    this.context = context;
    this.masks = masks;
    this.writer = writer;
    this.ref = ref;
    this.groups = List.copyOf(groups);
    this.memory = memory;
    this.limit = limit;
  }

  /** Those of a T. */
  Blocks blocks(int tokens) {
    return blocks.get(tokens == Pads.SHORT ? 0 : 1);
  }

  /** Whether blocks were announced whose other halves have not all come. */
  boolean isAwaited() {
    return !announced.isEmpty();
  }

  /** Bytes of one block at this side. */
  static long bytes(CkksContext context, List<PublicGroup> groups) {
    return groups.stream().mapToLong(g -> InputBlock.bytes(context, g.rows())).sum();
  }

  /** Has prepared what runs low. */
  void replenish() {
    if (refused && !limit.isPaused()) {
      // had they been accepted, they would be there by now
      blocks.forEach(Blocks::abandon);
      announced.clear();
      refused = false;
    }
    for (Blocks of : blocks) {
      if (of.isLow()) {
        announce(of);
      }
    }
  }

  private void announce(Blocks of) {
    long bytes = bytes(context, groups);
    if (!memory.reserve(bytes)) {
      return;
    }
    if (!limit.prepare(of.tokens(), true)) {
      memory.release(bytes);
      return;
    }
    long count = 0;
    for (PublicGroup group : groups) {
      count += InputBlock.masks(context, of.tokens(), group.columns());
    }
    long first = masks.ids(count);
    long id = first;
    List<InputBlock> parts = new ArrayList<>();
    for (PublicGroup group : groups) {
      parts.add(
          InputBlock.of(context, masks.expander(), of.tokens(), group.columns(), group.rows(), id));
      id += InputBlock.masks(context, of.tokens(), group.columns());
    }
    Block block = new Block(++lastNumber, of.tokens(), parts, () -> memory.release(bytes));
    announced.put(block.number(), block);
    of.add(block);
    writer.tell(
        FrameType.PREPARE,
        new EvaluationMessages.Prepare(ref, block.number(), block.tokens(), first).encode());
  }

  /**
   * The other half of a block has come, for one group.
   *
   * @param group its index
   * @throws HeException {@code he.protocol} if nobody asked, or it is malformed
   */
  void prepared(int number, int group, ByteBuffer message) {
    Block block = announced.get(number);
    if (block == null) {
      if (number < 1 || number > lastNumber) {
        throw new HeException(Reason.PROTOCOL, "a block nobody asked for");
      }
      return; // given up meanwhile
    }
    try {
      block.absorb(group, message);
    } catch (CkksException e) {
      throw new HeException(Reason.PROTOCOL, "malformed pads", e);
    }
    if (block.isReady()) {
      announced.remove(number);
    }
  }

  /** The adapter host has refused to prepare something, which may have been a block. */
  void refused() {
    refused = true;
  }

  @Override
  public void close() {
    blocks.forEach(Blocks::close);
  }
}
