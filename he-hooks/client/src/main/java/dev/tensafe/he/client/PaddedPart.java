package dev.tensafe.he.client;

import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.PaddedRuns;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.LanePads;
import dev.tensafe.nativelib.ckks.Pads;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Tokens that travel with pads: runs of positions of several lanes, the same in every group. One
 * message a group, which is joined before the next one is sent. Confined to the engine's thread.
 */
final class PaddedPart implements BatchPart, SentMessage {
  private final CkksContext context;
  private final Evaluations evaluations;
  private final int ref;
  private final PaddedRuns runs;
  private final PadSet[] sets;
  private final LanePads[] pads;
  private final int[] first;
  private final int[] count;
  private final int[] stepRows;
  private final int[] ownRows;
  private final int[] zeros;
  private final double[] notes;
  private SentRequest request;

  /**
   * @param ref the adapter's number in the session
   * @param sets [runs], the pads of each run's lane
   * @param stepRows [tokens], rows of the step
   * @param ownRows [tokens], rows among the adapter's
   */
  PaddedPart(
      CkksContext context,
      Evaluations evaluations,
      int ref,
      PaddedRuns runs,
      List<PadSet> sets,
      int[] stepRows,
      int[] ownRows) {
    this.context = context;
    this.evaluations = evaluations;
    this.ref = ref;
    this.runs = runs;
    this.sets = sets.toArray(PadSet[]::new);
    this.pads = new LanePads[runs.size()];
    this.first = new int[runs.size()];
    this.count = new int[runs.size()];
    for (int run = 0; run < runs.size(); run++) {
      first[run] = runs.first(run);
      count[run] = runs.count(run);
    }
    this.stepRows = stepRows;
    this.ownRows = ownRows;
    this.zeros = new int[stepRows.length];
    this.notes = new double[GroupCodec.NOTE * stepRows.length];
    this.request = new SentRequest(new Pending(), 0, 0, 0);
  }

  @Override
  public void send(
      OpenGroup group, FloatBuffer x, boolean blank, long deadline, List<SentMessage> sent) {
    long start = System.nanoTime();
    for (int run = 0; run < pads.length; run++) {
      pads[run] = sets[run].of(group.index());
    }
    int columns = group.part().columns();
    long bytes =
        EvaluationMessages.Padded.bytes(runs) + Pads.tokenBytes(context, tokens(), columns);
    ByteBuffer frame = evaluations.frame(FrameType.EVALUATE_PADDED, bytes);
    long id = evaluations.next();
    try {
      new EvaluationMessages.Padded(id, ref, group.part().id()).encode(runs, frame);
      LanePads.encrypt(
          group.codec(), pads, first, count, x, blank ? zeros : stepRows, notes, frame);
    } catch (RuntimeException e) {
      evaluations.abandon(frame);
      throw e;
    }
    long encrypted = System.nanoTime();
    Pending answer = evaluations.send(id, frame, deadline);
    request = new SentRequest(answer, bytes, encrypted - start, System.nanoTime());
    sent.add(this);
  }

  @Override
  public int tokens() {
    return stepRows.length;
  }

  @Override
  public int row(int token) {
    return ownRows[token];
  }

  @Override
  public SentRequest request() {
    return request;
  }

  @Override
  public int outputs() {
    return 1;
  }

  @Override
  public String packing() {
    return "pads";
  }

  @Override
  public double fill() {
    return 1;
  }

  @Override
  public void decrypt(OpenGroup group, ByteBuffer answers, double[] verdicts, DoubleBuffer u) {
    LanePads.decrypt(group.codec(), pads, first, count, answers, notes, verdicts, u);
  }
}
