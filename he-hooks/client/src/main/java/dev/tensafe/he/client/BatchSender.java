package dev.tensafe.he.client;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.PackingPlan;
import java.nio.FloatBuffer;
import java.util.List;

/**
 * Chooses how the inputs of a group travel, encrypts them and sends them: with pads while enough of
 * them are ready, else as ciphertexts in the packing that costs least. Confined to the engine's
 * thread.
 */
final class BatchSender {
  private final PackingTools tools;

  BatchSender(PackingTools tools) {
    this.tools = tools;
  }

  /**
   * Sends inputs.
   *
   * @param inputs [count][d] from index 0 on
   * @param deadline for sending, on {@link System#nanoTime}'s scale
   * @param sent gets the messages that were sent, also when a later one fails
   */
  void send(
      ClientOpenAdapter to,
      PublicGroup group,
      FloatBuffer inputs,
      int count,
      long deadline,
      List<SentChunk> sent) {
    ClientOpenAdapter.Group held = to.groups().get(group.id());
    if (held == null) {
      throw new HeException(Reason.PROTOCOL, "the adapter host lacks a group");
    }
    PadStock stock = held.pads();
    if (stock == null || !sendPadded(to, group, stock, inputs, count, deadline, sent)) {
      sendCiphertexts(to, group, held, inputs, count, deadline, sent);
    }
  }

  private static boolean sendPadded(
      ClientOpenAdapter to,
      PublicGroup group,
      PadStock stock,
      FloatBuffer inputs,
      int count,
      long deadline,
      List<SentChunk> sent) {
    List<PadStock.Run> runs = stock.take(count);
    Evaluations evaluations = to.session().evaluations();
    int first = 0;
    for (PadStock.Run run : runs) {
      inputs.position(first * group.columns());
      Evaluations.Request request = evaluations.send(to, group, run, inputs, deadline);
      sent.add(new SentChunk.OfPads(first, run, request, System.nanoTime()));
      first += run.count();
    }
    to.session().pads().replenish(to, group, stock);
    return !runs.isEmpty();
  }

  private void sendCiphertexts(
      ClientOpenAdapter to,
      PublicGroup group,
      ClientOpenAdapter.Group held,
      FloatBuffer inputs,
      int count,
      long deadline,
      List<SentChunk> sent) {
    PackingPlan plan = tools.planner().plan(count, group.columns(), group.rows(), held.packings());
    Evaluations evaluations = to.session().evaluations();
    int most = Math.min(plan.chunkTokens(), evaluations.maxTokens());
    for (int first = 0; first < count; first += most) {
      InputShape shape =
          new InputShape(Math.min(most, count - first), group.columns(), plan.packing());
      inputs.position(first * group.columns());
      Evaluations.Request request = evaluations.send(to, group, shape, inputs, deadline);
      sent.add(new SentChunk.OfCiphertexts(first, shape, request, System.nanoTime()));
    }
  }
}
