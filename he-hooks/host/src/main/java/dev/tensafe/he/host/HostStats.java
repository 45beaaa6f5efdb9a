package dev.tensafe.he.host;

import dev.tensafe.he.wire.Refusal;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts of an adapter host since its start. Thread-safe. */
public final class HostStats {
  private final LongAdder evaluations = new LongAdder();
  private final LongAdder tokens = new LongAdder();
  private final LongAdder nanos = new LongAdder();
  private final LongAdder bytesIn = new LongAdder();
  private final LongAdder bytesOut = new LongAdder();
  private final LongAdder sessions = new LongAdder();
  private final LongAdder broken = new LongAdder();
  private final LongAdder lanes = new LongAdder();
  private final LongAdder blocks = new LongAdder();
  private final LongAdder bars = new LongAdder();
  private final LongAdder tags = new LongAdder();
  private final Map<Refusal, LongAdder> refusals = new EnumMap<>(Refusal.class);

  HostStats() {
    for (Refusal refusal : Refusal.values()) {
      refusals.put(refusal, new LongAdder());
    }
  }

  void evaluated(int count, long elapsed, long in, long out) {
    evaluations.increment();
    tokens.add(count);
    nanos.add(elapsed);
    bytesIn.add(in);
    bytesOut.add(out);
  }

  void refused(Refusal refusal) {
    adder(refusal).increment();
  }

  private LongAdder adder(Refusal refusal) {
    LongAdder adder = refusals.get(refusal);
    if (adder == null) {
      throw new IllegalStateException("not every refusal is counted");
    }
    return adder;
  }

  void began() {
    sessions.increment();
  }

  void broken() {
    broken.increment();
  }

  void lanes(int more) {
    lanes.add(more);
  }

  void madeBlock() {
    blocks.increment();
  }

  void barred() {
    bars.increment();
  }

  void gaveTag() {
    tags.increment();
  }

  /** Messages evaluated. */
  public long evaluations() {
    return evaluations.sum();
  }

  /** Token rows evaluated, over all groups. */
  public long tokenRows() {
    return tokens.sum();
  }

  /** Spent evaluating. */
  public double seconds() {
    return nanos.sum() / 1e9;
  }

  public long bytesIn() {
    return bytesIn.sum();
  }

  public long bytesOut() {
    return bytesOut.sum();
  }

  /** Sessions that stood. */
  public long sessions() {
    return sessions.sum();
  }

  /** Connections closed because the other side broke the protocol. */
  public long brokenConnections() {
    return broken.sum();
  }

  /** Lanes that are held now. */
  public long lanesHeld() {
    return lanes.sum();
  }

  /** Blocks of pads made, each group's for itself. */
  public long blocks() {
    return blocks.sum();
  }

  /** Connections closed because the other side was caught cheating, or had been. */
  public long bars() {
    return bars.sum();
  }

  /** Tags given. */
  public long tags() {
    return tags.sum();
  }

  public long refusals(Refusal refusal) {
    return adder(refusal).sum();
  }
}
