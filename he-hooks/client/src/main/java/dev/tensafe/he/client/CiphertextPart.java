package dev.tensafe.he.client;

import dev.tensafe.he.wire.EvaluationMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.GroupCodec;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import dev.tensafe.nativelib.ckks.PackingPlan;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Tokens of one sequence that travel as ciphertexts under its lane's key, in the packing that costs
 * least. Confined to the engine's thread.
 */
final class CiphertextPart implements BatchPart {
  private final SessionCore session;
  private final PackingTools packings;
  private final int ref;
  private final LaneKey key;
  private final int stepRow;
  private final int ownRow;
  private final int tokens;

  /**
   * @param ref the adapter's number in the session
   * @param key of the sequence's lane
   * @param stepRow the first token's row of the step; the others follow it
   * @param ownRow the first token's row among the adapter's
   */
  CiphertextPart(
      SessionCore session,
      PackingTools packings,
      int ref,
      LaneKey key,
      int stepRow,
      int ownRow,
      int tokens) {
    this.session = session;
    this.packings = packings;
    this.ref = ref;
    this.key = key;
    this.stepRow = stepRow;
    this.ownRow = ownRow;
    this.tokens = tokens;
  }

  @Override
  public void send(
      OpenGroup group, FloatBuffer x, boolean blank, long deadline, List<SentMessage> sent) {
    PublicGroup part = group.part();
    PackingPlan plan =
        packings.planner().plan(tokens, part.columns(), part.rows(), group.packings());
    int most = Math.min(plan.chunkTokens(), session.evaluations().maxTokens());
    for (int from = 0; from < tokens; from += most) {
      InputShape shape =
          new InputShape(Math.min(most, tokens - from), part.columns(), plan.packing());
      int[] rows = new int[shape.tokens()];
      for (int t = 0; t < rows.length; t++) {
        rows[t] = blank ? 0 : stepRow + from + t;
      }
      sent.add(send(group, shape, x, rows, ownRow + from, deadline));
    }
  }

  private SentMessage send(
      OpenGroup group, InputShape shape, FloatBuffer x, int[] rows, int firstOwn, long deadline) {
    long start = System.nanoTime();
    Evaluations evaluations = session.evaluations();
    long bytes =
        EvaluationMessages.Evaluate.BYTES + SecretKey.inputMessageBytes(session.context(), shape);
    double[] notes = new double[GroupCodec.NOTE * shape.tokens()];
    ByteBuffer frame = evaluations.frame(FrameType.EVALUATE, bytes);
    long id = evaluations.next();
    try {
      new EvaluationMessages.Evaluate(id, ref, group.part().id(), key.lane()).encode(frame);
      long firstId =
          session.masks().ids(shape.ciphertexts(session.context().parameters().degree()));
      key.secret()
          .encryptInputs(
              group.codec(), shape, x, rows, session.masks().expander(), firstId, notes, frame);
    } catch (RuntimeException e) {
      evaluations.abandon(frame);
      throw e;
    }
    long encrypted = System.nanoTime();
    Pending answer = evaluations.send(id, frame, deadline);
    SentRequest request = new SentRequest(answer, bytes, encrypted - start, System.nanoTime());
    return new Sent(key, shape, firstOwn, notes, request);
  }

  /** Some of the tokens. */
  private record Sent(
      LaneKey key, InputShape shape, int firstOwn, double[] notes, SentRequest request)
      implements SentMessage {
    @Override
    public int tokens() {
      return shape.tokens();
    }

    @Override
    public int row(int token) {
      return firstOwn + token;
    }

    @Override
    public int outputs() {
      return shape.packing().outputs();
    }

    @Override
    public String packing() {
      return shape.packing().tokens() + "x" + shape.packing().outputs();
    }

    @Override
    public double fill() {
      Packing packing = shape.packing();
      int groups = (tokens() + packing.tokens() - 1) / packing.tokens();
      return (double) tokens() / (groups * packing.tokens());
    }

    @Override
    public void decrypt(OpenGroup group, ByteBuffer answers, double[] verdicts, DoubleBuffer u) {
      AnswerShape of = new AnswerShape(shape.tokens(), group.part().rows(), shape.packing());
      key.secret().decryptAnswers(group.codec(), of, answers, notes, verdicts, u);
    }

    @Override
    public String toString() {
      return "Sent[" + shape + "]";
    }
  }
}
