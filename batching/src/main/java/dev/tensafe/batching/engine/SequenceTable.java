package dev.tensafe.batching.engine;

import dev.tensafe.batching.cache.BlockPool;
import dev.tensafe.batching.schedule.FlowCounters;
import dev.tensafe.batching.schedule.SequenceState;
import dev.tensafe.model.exec.SequenceInput;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The unfinished sequences with what they hold: blocks of the pool, and a place in their flow. Each
 * enters and leaves once; what it held is free when it has left. Confined to the engine.
 */
final class SequenceTable {
  private final Map<Long, Sequence> sequences = new LinkedHashMap<>();
  private final BlockPool pool;
  private final int blockSize;
  private final FlowCounters flows = new FlowCounters();
  private final Consumer<Sequence> onLeavingQueue;
  private final LongConsumer onRelease;
  private long preemptions;

  /**
   * @param onLeavingQueue told once per sequence, when it is first scheduled or leaves before
   * @param onRelease told a sequence's id whenever it has given up all of its blocks
   */
  SequenceTable(EngineConfig config, Consumer<Sequence> onLeavingQueue, LongConsumer onRelease) {
    this.pool = new BlockPool(config.cacheBlocks());
    this.blockSize = config.scheduler().blockSize();
    this.onLeavingQueue = onLeavingQueue;
    this.onRelease = onRelease;
  }

  void add(Sequence s) {
    sequences.put(s.id, s);
    flows.arrive(s.request.flow());
  }

  @Nullable Sequence find(long id) {
    return sequences.get(id);
  }

  boolean holds(Sequence s) {
    return sequences.containsKey(s.id);
  }

  boolean isEmpty() {
    return sequences.isEmpty();
  }

  /** A copy: what it lists may leave meanwhile. */
  List<Sequence> all() {
    return List.copyOf(sequences.values());
  }

  List<SequenceState> states() {
    List<SequenceState> states = new ArrayList<>(sequences.size());
    sequences.values().forEach(s -> states.add(s.state()));
    return states;
  }

  /** Blocks that can be given out. */
  int availableBlocks() {
    return pool.available();
  }

  long served(String flow) {
    return flows.served(flow);
  }

  /** Takes a running sequence's blocks; it goes back to waiting. */
  void preempt(Sequence s) {
    preemptions++;
    release(s);
  }

  /** Takes back what a sequence has of the cache: the one place where hooks lose sight of it. */
  private void release(Sequence s) {
    pool.release(s.reset());
    onRelease.accept(s.id);
  }

  /** Drops the last tokens of a sequence's output, and takes back the blocks only they needed. */
  void rewind(Sequence s, int tokens) {
    pool.release(s.rewind(tokens, blockSize));
  }

  /** Gives blocks to a sequence, which runs from now on; true the first time. */
  boolean run(Sequence s, int newBlocks) {
    for (int i = 0; i < newBlocks; i++) {
      s.addBlock(pool.take());
    }
    if (s.running() || !s.start()) {
      return false;
    }
    flows.charge(s.request.flow(), (long) s.promptLength() * FlowCounters.PROMPT_TOKEN);
    onLeavingQueue.accept(s);
    return true;
  }

  /** Those that do not run have waited for one more step. */
  void countWaiting() {
    for (Sequence s : sequences.values()) {
      if (!s.running()) {
        s.waitOneStep();
      }
    }
  }

  void chargeOutput(Sequence s, int tokens) {
    flows.charge(s.request.flow(), (long) tokens * FlowCounters.OUTPUT_TOKEN);
  }

  /** Removes a sequence and takes back what it holds; false when it has left before. */
  boolean remove(Sequence s) {
    if (sequences.remove(s.id) == null) {
      return false;
    }
    flows.leave(s.request.flow());
    release(s);
    if (!s.scheduledBefore()) {
      onLeavingQueue.accept(s);
    }
    return true;
  }

  EngineStatus status(long steps, long internalErrors) {
    int running = 0;
    Set<Long> runningAdapters = new HashSet<>();
    for (Sequence s : sequences.values()) {
      if (s.running()) {
        running++;
        if (s.request.adapter() != SequenceInput.BASE) {
          runningAdapters.add(s.request.adapter());
        }
      }
    }
    return new EngineStatus(
        running,
        sequences.size() - running,
        pool.held(),
        pool.total(),
        preemptions,
        steps,
        internalErrors,
        runningAdapters);
  }
}
