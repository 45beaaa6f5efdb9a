package dev.tensafe.model.torch;

import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How the rows of a step are laid out so that attention runs over few, well-filled rectangles:
 * sequences with one token each are grouped by the power of two of their cache length (padding at
 * most doubles a group), every longer run is a group of its own. Rows of a group are contiguous.
 */
final class StepLayout {
  /**
   * Sequences attended together.
   *
   * @param members indices into the batch
   * @param rows tokens per member
   * @param blockCount cache blocks per member, padded to the longest
   */
  record Group(List<Integer> members, int rows, int blockCount) {}

  private final ForwardBatch batch;
  private final List<Group> groups = new ArrayList<>();
  private final int[] order;

  StepLayout(ForwardBatch batch) {
    this.batch = batch;
    TreeMap<Integer, List<Integer>> decodes = new TreeMap<>();
    List<Group> chunks = new ArrayList<>();
    for (int i = 0; i < batch.sequences().size(); i++) {
      SequenceInput sequence = batch.sequences().get(i);
      int blocks = blocksInUse(sequence);
      if (sequence.tokenCount() == 1) {
        int bucket = 32 - Integer.numberOfLeadingZeros(blocks - 1);
        decodes.computeIfAbsent(bucket, b -> new ArrayList<>()).add(i);
      } else {
        chunks.add(new Group(List.of(i), sequence.tokenCount(), blocks));
      }
    }
    for (List<Integer> members : decodes.values()) {
      int longest =
          members.stream().mapToInt(i -> blocksInUse(batch.sequences().get(i))).max().orElseThrow();
      groups.add(new Group(members, 1, longest));
    }
    groups.addAll(chunks);
    order =
        groups.stream().flatMap(g -> g.members().stream()).mapToInt(Integer::intValue).toArray();
  }

  List<Group> groups() {
    return groups;
  }

  /** Batch indices in row order. */
  int[] order() {
    return order;
  }

  /** Token ids in row order. */
  long[] tokens() {
    long[] out = new long[batch.tokenCount()];
    int row = 0;
    for (int index : order) {
      for (int token : batch.sequences().get(index).tokens()) {
        out[row++] = token;
      }
    }
    return out;
  }

  /** Cache slots written, in row order: block · block size + offset. */
  long[] slots() {
    long[] out = new long[batch.tokenCount()];
    int row = 0;
    for (int index : order) {
      SequenceInput s = batch.sequences().get(index);
      for (int i = 0; i < s.tokenCount(); i++) {
        int position = s.start() + i;
        int block = s.blocks()[position / ModelExecutor.BLOCK_SIZE];
        out[row++] = (long) block * ModelExecutor.BLOCK_SIZE + position % ModelExecutor.BLOCK_SIZE;
      }
    }
    return out;
  }

  /** Positions of a group's rows, member by member. */
  long[] positions(Group group) {
    long[] out = new long[group.members().size() * group.rows()];
    int at = 0;
    for (int index : group.members()) {
      SequenceInput s = batch.sequences().get(index);
      for (int i = 0; i < group.rows(); i++) {
        out[at++] = (long) s.start() + i;
      }
    }
    return out;
  }

  /**
   * Cache blocks of a group, {@code [members, blockCount]}; padding repeats a member's last block.
   */
  long[] blocks(Group group) {
    long[] out = new long[group.members().size() * group.blockCount()];
    int at = 0;
    for (int index : group.members()) {
      SequenceInput s = batch.sequences().get(index);
      int used = blocksInUse(s);
      for (int i = 0; i < group.blockCount(); i++) {
        out[at++] = s.blocks()[Math.min(i, used - 1)];
      }
    }
    return out;
  }

  private static int blocksInUse(SequenceInput s) {
    return (s.start() + s.tokenCount() - 1) / ModelExecutor.BLOCK_SIZE + 1;
  }
}
