package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.model.exec.AdapterRows;
import dev.tensafe.model.exec.StepRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The way each token of one adapter takes in one step: at which position of its sequence's lane, or
 * as a ciphertext under that lane's key. It is the same in all groups. Confined to the engine's
 * thread.
 */
final class BatchPlan {
  private final ClientOpenAdapter adapter;
  private final PackingTools packings;
  private final long deadline;
  private final List<BatchPart> parts = new ArrayList<>();

  // of the padded part that is being put together
  private PaddedRuns runs = new PaddedRuns();
  private final List<PadSet> sets = new ArrayList<>();
  private final int[] stepRows;
  private final int[] ownRows;

  private BatchPlan(ClientOpenAdapter adapter, PackingTools packings, int rows, long deadline) {
    this.adapter = adapter;
    this.packings = packings;
    this.deadline = deadline;
    this.stepRows = new int[rows];
    this.ownRows = new int[rows];
  }

  /**
   * Plans a step.
   *
   * @param rows of the adapter
   * @param deadline for keys to be made, should none be spare
   * @return parts that have all of the rows, in their order
   */
  static List<BatchPart> of(
      ClientOpenAdapter adapter,
      PackingTools packings,
      AdapterRows rows,
      StepRows step,
      long deadline) {
    BatchPlan plan = new BatchPlan(adapter, packings, rows.rows().length, deadline);
    List<Integer> sequences = new ArrayList<>(rows.sequences());
    sequences.sort(Comparator.comparingInt(step::firstRow));
    int own = 0;
    for (int sequence : sequences) {
      plan.add(step.sequenceId(sequence), step.firstRow(sequence), own, step.rowCount(sequence));
      own += step.rowCount(sequence);
    }
    plan.finishPadded();
    adapter.used(own);
    return plan.parts;
  }

  private void add(long sequence, int firstRow, int firstOwn, int count) {
    int done = 0;
    while (done < count) {
      Lane lane = lane(sequence, count - done);
      PadSet pads = lane.pads();
      int some = count - done;
      if (pads == null) {
        finishPadded();
        parts.add(
            new CiphertextPart(
                adapter.session(),
                packings,
                adapter.ref(),
                lane.key(),
                firstRow + done,
                firstOwn + done,
                some));
      } else {
        some = Math.min(some, Math.min(pads.left(), room()));
        for (int t = 0; t < some; t++) {
          stepRows[runs.tokens() + t] = firstRow + done + t;
          ownRows[runs.tokens() + t] = firstOwn + done + t;
        }
        runs.add(lane.number(), pads.block().number(), pads.take(some), some);
        sets.add(pads);
      }
      done += some;
    }
  }

  private Lane lane(long sequence, int rows) {
    Lane lane = adapter.lanes().next(sequence, rows);
    if (lane != null) {
      return lane;
    }
    LaneKeys keys = adapter.session().keys();
    adapter.session().evaluations().receiveUntil(() -> keys.spare() > 0, deadline);
    lane = adapter.lanes().next(sequence, rows);
    if (lane == null) {
      throw new HeException(Reason.TIMEOUT, "the adapter host did not choose lanes in time");
    }
    return lane;
  }

  /** Tokens that one more run may have in the message; the message is finished if none may. */
  private int room() {
    Evaluations evaluations = adapter.session().evaluations();
    long head = EvaluationMessages.Padded.bytes(runs) + PaddedRuns.RUN_BYTES;
    long most =
        Math.min(evaluations.maxTokens(), (evaluations.maxPayload() - head) / adapter.tokenBytes());
    if (most - runs.tokens() < 1) {
      if (runs.size() == 0) {
        throw new HeException(Reason.PROTOCOL, "a step is too large for the adapter host");
      }
      finishPadded();
      return room();
    }
    return (int) most - runs.tokens();
  }

  private void finishPadded() {
    if (runs.size() > 0) {
      parts.add(
          new PaddedPart(
              adapter.session().context(),
              adapter.session().evaluations(),
              adapter.ref(),
              runs,
              sets,
              Arrays.copyOf(stepRows, runs.tokens()),
              Arrays.copyOf(ownRows, runs.tokens())));
      runs = new PaddedRuns();
      sets.clear();
    }
  }
}
