package dev.tensafe.he.client;

import dev.tensafe.he.client.HeListener.LaneEvent;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.Pads;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The lanes of one adapter in a session that no sequence has yet. Some are bound ahead, and their
 * pads made when a core is idle; where those do not suffice, lanes are bound when they are asked
 * for. The engine's thread takes, the session's tasks bind ahead. Thread-safe.
 */
final class LaneSupply implements AutoCloseable {
  /** Rows of a step from which on a sequence gets a long lane. */
  static final int LONG_ROWS = 64;

  /** Short lanes that are bound ahead, beside one for each that is in use. */
  private static final int SHORT_AHEAD = 2;

  private static final int LONG_AHEAD = 1;

  /** Between two looks whether pads may be made again, while there are none. */
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SessionCore session;
  private final int ref;
  private final List<PublicGroup> groups;
  private final @Nullable BlockExchange blocks;
  private final PadMemory memory;
  private final PreparationLimit limit;
  private final ObjIntConsumer<LaneEvent> listener;
  private final AtomicBoolean asked = new AtomicBoolean();
  private final AtomicInteger shortInUse = new AtomicInteger();

  private volatile long lastLook = System.nanoTime();
  private final LaneStock shortLanes = new LaneStock(Pads.SHORT);
  private final LaneStock longLanes = new LaneStock(Pads.LONG);

  /**
   * @param ref the adapter's number in the session
   * @param groups in order
   * @param blocks null where there are no pads; closed by the adapter
   */
  LaneSupply(
      SessionCore session,
      int ref,
      List<PublicGroup> groups,
      @Nullable BlockExchange blocks,
      PadMemory memory,
      PreparationLimit limit,
      ObjIntConsumer<LaneEvent> listener) {
    this.session = session;
    this.ref = ref;
    this.groups = List.copyOf(groups);
    this.blocks = blocks;
    this.memory = memory;
    this.limit = limit;
    this.listener = listener;
  }

  /** Bytes of the pads of one lane. */
  static long bytes(List<PublicGroup> groups, int tokens) {
    return groups.stream().mapToLong(g -> LanePads.bytes(tokens, g.columns(), g.rows())).sum();
  }

  /**
   * A lane with pads, for the caller alone.
   *
   * @param rows that its sequence has left in the step
   * @return null if no key is spare, or no pads may be made
   */
  @Nullable Lane padded(int rows) {
    if (blocks == null) {
      return null;
    }
    Lane lane = rows < LONG_ROWS ? null : take(longLanes);
    lane = lane == null ? take(shortLanes) : lane;
    // one that has taken the memory for others serves a few rows as well
    lane = lane == null ? longLanes.poll() : lane;
    if (lane != null) {
      listener.accept(LaneEvent.USED, 1);
      replenish();
    } else if (System.nanoTime() - lastLook > LOOK_NANOS) {
      lastLook = System.nanoTime();
      replenish();
    }
    return lane;
  }

  private @Nullable Lane take(LaneStock from) {
    Lane ready = from.poll();
    Lane lane = ready == null ? bind(from.tokens(), false) : ready;
    if (lane != null && from.tokens() == Pads.SHORT) {
      shortInUse.incrementAndGet();
    }
    return lane;
  }

  /** A lane without pads, for the caller alone; null if no key is spare. */
  @Nullable Lane plain() {
    LaneKey key = session.keys().poll();
    if (key == null) {
      return null;
    }
    listener.accept(LaneEvent.MADE, 1);
    listener.accept(LaneEvent.USED, 1);
    return new Lane(key, null, () -> gone(key, 0));
  }

  private void gone(LaneKey key, long bytes) {
    session.keys().gone(key);
    memory.release(bytes);
    listener.accept(LaneEvent.RETIRED, 1);
  }

  private @Nullable Lane bind(int tokens, boolean ahead) {
    BlockExchange from = blocks;
    long bytes = bytes(groups, tokens);
    if (from == null || !from.blocks(tokens).isReady() || !memory.reserve(bytes)) {
      return null;
    }
    LaneKey key = session.keys().poll();
    Block block = key == null || !limit.prepare(tokens, ahead) ? null : from.blocks(tokens).bind();
    if (key == null || block == null) {
      memory.release(bytes);
      if (key != null) {
        session.keys().giveBack(key);
      }
      return null;
    }
    Lane lane =
        new Lane(key, new PadSet(block, key.secret(), groups.size()), () -> gone(key, bytes));
    session
        .writer()
        .tell(FrameType.BIND, new LaneMessages.Bind(key.lane(), ref, block.number()).encode());
    listener.accept(LaneEvent.MADE, 1);
    return lane;
  }

  /** A sequence has given up a lane that it had from {@link #padded}. */
  void returned(Lane lane) {
    PadSet pads = lane.pads();
    if (pads != null && pads.block().tokens() == Pads.SHORT) {
      shortInUse.decrementAndGet();
    }
  }

  /** Has lanes bound ahead, and the next blocks prepared before these are used up. */
  void replenish() {
    BlockExchange from = blocks;
    if (from != null && asked.compareAndSet(false, true)) {
      session
          .tasks()
          .submit(
              () -> {
                asked.set(false);
                from.replenish();
                bindAhead(shortLanes, SHORT_AHEAD + shortInUse.get());
                bindAhead(longLanes, LONG_AHEAD);
              });
    }
  }

  private void bindAhead(LaneStock to, int target) {
    while (to.isBelow(target)) {
      Lane lane = bind(to.tokens(), true);
      PadSet pads = lane == null ? null : lane.pads();
      if (lane == null || pads == null) {
        return;
      }
      session.padMaker().submit(pads::makeAhead);
      if (!to.add(lane)) {
        session.retirement().retire(lane);
      }
    }
  }

  /** The adapter host prepares no more for now: what was bound ahead may not be bound there. */
  void refused() {
    limit.pause();
    shortLanes.drain().forEach(session.retirement()::retire);
    longLanes.drain().forEach(session.retirement()::retire);
  }

  /** Positions whose pads are made, over all groups. */
  int ready() {
    return shortLanes.ready() + longLanes.ready();
  }

  /** Retires what no sequence has. */
  @Override
  public void close() {
    shortLanes.close().forEach(session.retirement()::retire);
    longLanes.close().forEach(session.retirement()::retire);
  }
}
