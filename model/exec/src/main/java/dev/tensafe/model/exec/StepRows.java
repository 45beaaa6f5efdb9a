package dev.tensafe.model.exec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of a step belong to which sequence, and which sequences have failed. Rows of one
 * sequence are contiguous and in order of position. Confined to the executor's thread.
 */
public final class StepRows {
  private final long[] sequenceIds;
  private final String[] requestIds;
  private final long[] adapters;
  private final boolean[] claimed;
  private final int[] firstRow;
  private final int[] firstPosition;
  private final int[] rowCount;
  private final int[] sequenceOfRow;
  private final Map<Integer, RuntimeException> failures = new TreeMap<>();
  private @Nullable List<AdapterRows> byAdapter;

  /**
   * @param batch the step; sequence index {@code i} here is index {@code i} in the batch
   * @param order the order in which the executor laid their rows out
   */
  public StepRows(ForwardBatch batch, int[] order) {
    int count = batch.sequences().size();
    sequenceIds = new long[count];
    requestIds = new String[count];
    adapters = new long[count];
    claimed = new boolean[count];
    firstRow = new int[count];
    firstPosition = new int[count];
    rowCount = new int[count];
    sequenceOfRow = new int[batch.tokenCount()];
    int row = 0;
    for (int index : order) {
      SequenceInput sequence = batch.sequences().get(index);
      sequenceIds[index] = sequence.sequenceId();
      requestIds[index] = sequence.requestId();
      adapters[index] = sequence.adapter();
      firstRow[index] = row;
      firstPosition[index] = sequence.start();
      rowCount[index] = sequence.tokenCount();
      for (int i = 0; i < sequence.tokenCount(); i++) {
        sequenceOfRow[row++] = index;
      }
    }
  }

  /** Number of rows, one per token of the step. */
  public int rows() {
    return sequenceOfRow.length;
  }

  public int sequences() {
    return sequenceIds.length;
  }

  /** Index of the sequence that owns a row. */
  public int sequenceOf(int row) {
    return sequenceOfRow[row];
  }

  /** The engine's id of a sequence, by index. */
  public long sequenceId(int sequence) {
    return sequenceIds[sequence];
  }

  /** Names a sequence's request in traces, by index; empty for none. */
  public String requestId(int sequence) {
    return requestIds[sequence];
  }

  /** The adapter of a sequence, {@link SequenceInput#BASE} for none. */
  public long adapter(int sequence) {
    return adapters[sequence];
  }

  /** The adapters of the step by ascending handle, without the base model; computed once. */
  public List<AdapterRows> byAdapter() {
    List<AdapterRows> known = byAdapter;
    if (known == null) {
      known = groupByAdapter();
      byAdapter = known;
    }
    return known;
  }

  private List<AdapterRows> groupByAdapter() {
    TreeMap<Long, List<Integer>> sequencesOf = new TreeMap<>();
    for (int sequence = 0; sequence < adapters.length; sequence++) {
      if (adapters[sequence] != SequenceInput.BASE) {
        sequencesOf.computeIfAbsent(adapters[sequence], a -> new ArrayList<>()).add(sequence);
      }
    }
    List<AdapterRows> out = new ArrayList<>(sequencesOf.size());
    sequencesOf.forEach((handle, own) -> out.add(new AdapterRows(handle, own, rowsOf(own))));
    return List.copyOf(out);
  }

  private int[] rowsOf(List<Integer> sequences) {
    return sequences.stream()
        .flatMapToInt(s -> IntStream.range(firstRow[s], firstRow[s] + rowCount[s]))
        .sorted()
        .toArray();
  }

  /** Says that the caller computes the deltas of a sequence's adapter in this step. */
  public void claim(int sequence) {
    claimed[sequence] = true;
  }

  /** Whether a sequence gets what it asked for: the base model, or deltas somebody computes. */
  boolean served(int sequence) {
    return adapters[sequence] == SequenceInput.BASE || claimed[sequence];
  }

  public int firstRow(int sequence) {
    return firstRow[sequence];
  }

  public int rowCount(int sequence) {
    return rowCount[sequence];
  }

  /** Position in its sequence of the token in a row. */
  public int position(int row) {
    int sequence = sequenceOfRow[row];
    return firstPosition[sequence] + row - firstRow[sequence];
  }

  /**
   * Marks one sequence as failed; the first reason is kept. Its rows are computed but discarded.
   */
  public void fail(int sequence, RuntimeException reason) {
    failures.putIfAbsent(sequence, reason);
  }

  public boolean failed(int sequence) {
    return failures.containsKey(sequence);
  }

  /** Reasons by sequence index. */
  public Map<Integer, RuntimeException> failures() {
    return Collections.unmodifiableMap(failures);
  }
}
