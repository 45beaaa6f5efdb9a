package dev.tensafe.batching.engine;

import dev.tensafe.batching.cache.CachedPrefix;
import dev.tensafe.batching.schedule.CacheView;
import dev.tensafe.batching.schedule.SequenceState;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.model.exec.SequenceInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The unfinished sequences with what they hold: blocks of the cache, and a place in their flow.
 * Each enters and leaves once; what it held is free when it has left. Confined to the engine.
 */
final class SequenceTable implements CacheView {
  private final Map<Long, Sequence> sequences = new LinkedHashMap<>();
  private final SequenceBlocks blocks;
  private final StepAccount account;
  private final Consumer<Sequence> onLeavingQueue;
  private final LongConsumer onRelease;
  private long preemptions;
  private long queriedTokens;
  private long cachedTokens;

  /**
   * @param onLeavingQueue told once per sequence, when it is first scheduled or leaves before
   * @param onRelease told a sequence's id whenever it has given up all of its blocks
   */
  SequenceTable(
      EngineConfig config,
      StepAccount account,
      Consumer<Sequence> onLeavingQueue,
      LongConsumer onRelease) {
    this.blocks = new SequenceBlocks(config);
    this.account = account;
    this.onLeavingQueue = onLeavingQueue;
    this.onRelease = onRelease;
  }

  /** Takes a sequence; returns how many of its tokens the cache has now. */
  int add(Sequence s) {
    sequences.put(s.id, s);
    account.arrive(s);
    return blocks.prepare(s);
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

  @Override
  public int available() {
    return blocks.available();
  }

  @Override
  public int freedBy(List<Long> ids) {
    return blocks.freedBy(ids.stream().map(this::get).toList());
  }

  @Override
  public CachedPrefix prefix(long id, List<Long> without) {
    return blocks.prefix(get(id), without.stream().map(this::get).toList());
  }

  private Sequence get(long id) {
    Sequence s = sequences.get(id);
    if (s == null) {
      throw new IllegalStateException("no sequence " + id);
    }
    return s;
  }

  /** Takes a running sequence's blocks; it goes back to waiting. */
  void preempt(Sequence s) {
    preemptions++;
    release(s);
  }

  /** Takes back what a sequence has of the cache: the one place where hooks lose sight of it. */
  private void release(Sequence s) {
    blocks.release(s);
    onRelease.accept(s.id);
  }

  /** Drops the last tokens of a sequence's output, and takes back the blocks only they needed. */
  void rewind(Sequence s, int tokens) {
    blocks.rewind(s, tokens);
  }

  /** A step went well for a sequence: what it has completed can be found from now on. */
  void publish(Sequence s) {
    blocks.publish(s);
  }

  /** What a sequence computed is not to be found, nor what others make of it: it may be wrong. */
  void distrust(Sequence s) {
    Set<Integer> forgotten = blocks.forget(s);
    if (!forgotten.isEmpty()) {
      taint(other -> Arrays.stream(other.blocks()).anyMatch(forgotten::contains));
    }
  }

  /** What was computed with an adapter so far is not to be found. */
  void distrustAdapter(String digest) {
    blocks.forgetAdapter(digest);
    taint(s -> s.request.scope().adapterDigest().equals(digest));
  }

  private void taint(Predicate<Sequence> which) {
    sequences.values().stream().filter(Sequence::running).filter(which).forEach(blocks::taint);
  }

  /** Gives a sequence that begins the blocks that are there; before anybody takes new ones. */
  void share(Sequence s, StepPlan.Run run) {
    blocks.share(s, run.cachedBlocks());
  }

  /** Gives new blocks to a sequence, which runs from now on; true the first time. */
  boolean run(Sequence s, StepPlan.Run run) {
    blocks.extend(s, run.newBlocks());
    if (s.running()) {
      account.runs(s, run);
      return false;
    }
    boolean first = s.start();
    blocks.announce(s);
    if (first) {
      if (s.chain() != null) {
        queriedTokens += s.promptLength();
        cachedTokens += s.computed();
      }
      account.begin(s);
      onLeavingQueue.accept(s);
    }
    account.runs(s, run);
    return first;
  }

  /** Those that do not run have waited for one more step. */
  void countWaiting() {
    for (Sequence s : sequences.values()) {
      if (!s.running()) {
        s.waitOneStep();
      }
    }
  }

  /** Removes a sequence and takes back what it holds; false when it has left before. */
  boolean remove(Sequence s) {
    if (sequences.remove(s.id) == null) {
      return false;
    }
    account.leave(s);
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
        blocks.held(),
        blocks.total(),
        preemptions,
        steps,
        internalErrors,
        queriedTokens,
        cachedTokens,
        blocks.addressable(),
        runningAdapters);
  }
}
