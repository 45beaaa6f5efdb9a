package dev.tensafe.he.client;

import dev.tensafe.formats.CodedException;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.client.HeListener.Exchange;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.model.exec.RowMatrix;
import dev.tensafe.model.exec.StepRows;
import dev.tensafe.nativelib.ckks.AnswerShape;
import dev.tensafe.nativelib.ckks.CkksException;
import dev.tensafe.nativelib.ckks.InputShape;
import dev.tensafe.nativelib.ckks.Packing;
import dev.tensafe.nativelib.ckks.PackingPlan;
import dev.tensafe.nativelib.lora.LowRankBatch;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rows of one encrypted adapter in one step: sent group by group, joined group by group. After
 * the first failure it does nothing more; its sequences have failed then. Confined to the engine's
 * thread.
 */
final class AdapterBatch {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterBatch.class);

  private final EncryptedAdapters adapters;
  private final HeListener listener;
  private final EncryptedAdapter adapter;
  private final int index;
  private final int[] rows;
  private final List<Integer> sequences;
  private final StepRows step;
  private final @Nullable Probe probe;
  private final Scratch scratch;
  private final EncryptedAdapters.@Nullable Opened open;
  private final List<Chunk> sent = new ArrayList<>();
  private double[] norms = new double[0];
  private long deadline;
  private boolean failed;

  /** A message under way: rows {@code first} … of the batch. */
  private sealed interface Chunk {
    int first();

    int tokens();

    Session.Request request();

    long sentNanos();

    /** Ordinary ciphertexts. */
    record OfCiphertexts(int first, InputShape shape, Session.Request request, long sentNanos)
        implements Chunk {
      @Override
      public int tokens() {
        return shape.tokens();
      }
    }

    /** Positions of pads. */
    record OfPads(int first, PadStock.Run run, Session.Request request, long sentNanos)
        implements Chunk {
      @Override
      public int tokens() {
        return run.count();
      }
    }
  }

  /**
   * @param index of the adapter in the step's products
   * @param rows of the step, in order
   */
  AdapterBatch(
      EncryptedAdapters adapters,
      HeListener listener,
      EncryptedAdapter adapter,
      int index,
      int[] rows,
      List<Integer> sequences,
      StepRows step,
      @Nullable Probe probe,
      Scratch scratch) {
    this.adapters = adapters;
    this.listener = listener;
    this.adapter = adapter;
    this.index = index;
    this.rows = rows;
    this.sequences = sequences;
    this.step = step;
    this.probe = probe;
    this.scratch = scratch;
    this.open = adapters.find(adapter);
    if (open == null) {
      fail(new HeException(Reason.CONNECTION, "its adapter host has no session with it open"));
    }
  }

  boolean reads(GroupId group) {
    return !failed && adapter.group(group) != null;
  }

  /** Encrypts and sends the batch's rows of a group. */
  void send(GroupId id, RowMatrix x) {
    GroupPart group = adapter.group(id);
    EncryptedAdapters.Opened to = open;
    if (failed || group == null || to == null) {
      return;
    }
    try {
      OpenAdapter.Group held = to.adapter().groups().get(id);
      if (held == null) {
        throw new HeException(Reason.PROTOCOL, "the adapter host lacks a group");
      }
      sent.clear();
      deadline =
          System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(adapters.config().timeoutMillis());
      int count = rows.length + (probe == null ? 0 : 1);
      FloatBuffer inputs = gather(group, x, count);
      if (!sendPadded(group, held, to.adapter(), inputs, count)) {
        sendCiphertexts(group, held, to.adapter(), inputs, count);
      }
    } catch (CkksException e) {
      // not the adapter host's doing: an activation is no number
      fail(e);
    } catch (RuntimeException e) {
      broken(e);
    }
  }

  /** Uses pads, if there are enough. */
  private boolean sendPadded(
      GroupPart group, OpenAdapter.Group held, OpenAdapter to, FloatBuffer inputs, int count) {
    PadStock stock = held.pads();
    if (stock == null) {
      return false;
    }
    List<PadStock.Run> runs = stock.take(count);
    int first = 0;
    for (PadStock.Run run : runs) {
      inputs.position(first * group.columns());
      Session.Request request = to.session().evaluate(to, group, run, inputs, deadline);
      sent.add(new Chunk.OfPads(first, run, request, System.nanoTime()));
      first += run.count();
    }
    to.session().replenish(to, group, stock);
    return !runs.isEmpty();
  }

  private void sendCiphertexts(
      GroupPart group, OpenAdapter.Group held, OpenAdapter to, FloatBuffer inputs, int count) {
    PackingPlan plan =
        adapters.planner().plan(count, group.columns(), group.rows(), held.packings());
    int most = Math.min(plan.chunkTokens(), to.session().maxTokens());
    for (int first = 0; first < count; first += most) {
      InputShape shape =
          new InputShape(Math.min(most, count - first), group.columns(), plan.packing());
      inputs.position(first * group.columns());
      Session.Request request = to.session().evaluate(to, group, shape, inputs, deadline);
      sent.add(new Chunk.OfCiphertexts(first, shape, request, System.nanoTime()));
    }
  }

  /** The batch's rows and the probe's among them, [count][d]; takes their norms. */
  private FloatBuffer gather(GroupPart group, RowMatrix x, int count) {
    int columns = group.columns();
    if (x.columns() != columns) {
      throw new IllegalStateException(x.columns() + " columns where " + columns + " are due");
    }
    FloatBuffer inputs = scratch.inputs((long) count * columns);
    norms = norms.length >= count ? norms : new double[2 * count];
    int from = 0;
    for (int i = 0; i < count; i++) {
      if (probe != null && i == probe.row()) {
        probe.put(adapter, group, inputs, i * columns);
      } else {
        inputs.put(i * columns, x.values(), rows[from++] * columns, columns);
      }
      double squares = 0;
      for (int j = 0; j < columns; j++) {
        double value = inputs.get(i * columns + j);
        squares += value * value;
      }
      norms[i] = Math.sqrt(squares);
    }
    return inputs;
  }

  /** Waits for the answers of a group, checks them, and hands them to the products. */
  void join(GroupId id, LowRankBatch products) {
    GroupPart group = adapter.group(id);
    if (failed || group == null) {
      return;
    }
    try {
      for (Chunk chunk : sent) {
        join(group, chunk, products);
      }
    } catch (RuntimeException e) {
      broken(e);
    } finally {
      sent.clear();
    }
  }

  private void join(GroupPart group, Chunk chunk, LowRankBatch products) {
    EncryptedAdapters.Opened from = open;
    if (from == null) {
      throw new IllegalStateException("a batch without a session");
    }
    Session session = from.adapter().session();
    int tokens = chunk.tokens();
    long began = System.nanoTime();
    Frame answer = chunk.request().pending().await(deadline);
    long arrived = System.nanoTime();
    double[] tokenScales =
        group.fixedPoint(session.context().parameters()).tokenScales(chunk.request().magnitudes());
    DoubleBuffer u = scratch.answers((long) tokens * group.rows());
    long evaluated = Session.evaluationNanos(answer);
    int bytesDown = answer.payload().remaining();
    try {
      decrypt(session, group, chunk, answer, tokenScales, u);
    } finally {
      session.release(answer);
    }
    int outputs =
        chunk instanceof Chunk.OfCiphertexts ordinary ? ordinary.shape().packing().outputs() : 1;
    Bounds bounds = Bounds.of(session.context().parameters(), group, outputs);
    for (int t = 0; t < tokens; t++) {
      int row = chunk.first() + t;
      if (probe != null && row == probe.row()) {
        check(group, bounds, tokenScales[t], u, t * group.rows());
      } else {
        accept(group, bounds, tokenScales[t], norms[row], u, t * group.rows());
        int own = probe != null && row > probe.row() ? row - 1 : row;
        for (GroupPart.Module module : group.modules()) {
          products.put(module.slot(), index, own, u, t * group.rows() + module.first());
        }
      }
    }
    report(chunk, began, arrived, evaluated, bytesDown);
  }

  private static void decrypt(
      Session session,
      GroupPart group,
      Chunk chunk,
      Frame answer,
      double[] tokenScales,
      DoubleBuffer u) {
    if (chunk instanceof Chunk.OfPads padded) {
      try (PadStock.Run run = padded.run()) {
        run.pads()
            .decrypt(run.first(), run.count(), answer.payload(), tokenScales, group.rowScales(), u);
      }
    } else if (chunk instanceof Chunk.OfCiphertexts ordinary) {
      InputShape shape = ordinary.shape();
      session
          .key()
          .decryptAnswers(
              new AnswerShape(shape.tokens(), group.rows(), shape.packing()),
              answer.payload(),
              tokenScales,
              group.rowScales(),
              u);
    }
  }

  /** Refuses a token's answer beyond its bounds, and rounds it to what is claimed of it. */
  private static void accept(
      GroupPart group, Bounds bounds, double tokenScale, double norm, DoubleBuffer u, int at) {
    for (int k = 0; k < group.rows(); k++) {
      double unit = tokenScale * group.rowScales()[k];
      double value = u.get(at + k);
      // the comparison refuses a NaN as well; the factor is for rounding in these sums themselves
      if (!(Math.abs(value) <= group.rowNorms()[k] * norm * (1 + 1e-9) + bounds.error() * unit)) {
        throw new HeException(Reason.ANSWER, "an answer is out of bounds");
      }
      double step = Bounds.step(bounds.noise() * unit);
      u.put(at + k, step > 0 ? Math.rint(value / step) * step : value);
    }
  }

  private void check(GroupPart group, Bounds bounds, double tokenScale, DoubleBuffer u, int at) {
    Probe known = probe;
    for (int k = 0; known != null && k < group.rows(); k++) {
      double expected = known.answer(group, k);
      double got = u.get(at + k) / group.rowScales()[k];
      double error = bounds.error() * tokenScale + Math.ulp(expected) * 4;
      if (!(Math.abs(got - expected) <= error)) {
        throw new HeException(Reason.PROBE, "the adapter host computes with other weights");
      }
    }
    if (known != null && !known.isCover()) {
      listener.probed(adapter.name(), true);
    }
  }

  private void report(Chunk chunk, long began, long arrived, long evaluated, int bytesDown) {
    String packing = "pads";
    double fill = 1;
    if (chunk instanceof Chunk.OfCiphertexts ordinary) {
      Packing chosen = ordinary.shape().packing();
      packing = chosen.tokens() + "x" + chosen.outputs();
      int groups = (chunk.tokens() + chosen.tokens() - 1) / chosen.tokens();
      fill = (double) chunk.tokens() / (groups * chosen.tokens());
    }
    listener.exchanged(
        new Exchange(
            adapter.name(),
            chunk.tokens(),
            packing,
            fill,
            chunk.request().encryptNanos(),
            evaluated,
            Math.max(0, arrived - chunk.sentNanos() - evaluated),
            arrived - began,
            System.nanoTime() - arrived,
            chunk.request().bytesUp(),
            bytesDown));
  }

  /** Ends the session, unless the adapter host merely refuses, and fails the sequences. */
  private void broken(RuntimeException reason) {
    if (reason instanceof RefusedException refused) {
      fail(
          new AdapterException(
              switch (refused.refusal()) {
                case BUDGET_EXHAUSTED -> AdapterException.Reason.BUDGET_EXHAUSTED;
                default -> AdapterException.Reason.UNAVAILABLE;
              },
              "adapter '" + adapter.name() + "': " + refused.refusal().text()));
      return;
    }
    EncryptedAdapters.Opened from = open;
    HeException known;
    if (reason instanceof HeException he) {
      known = he;
    } else if (from != null && from.adapter().session().reason().isPresent()) {
      // its key was wiped while it was in use here
      known = from.adapter().session().reason().get();
    } else {
      known = new HeException(Reason.ANSWER, "an answer cannot be used", reason);
    }
    if (from != null) {
      if (known.reason() == Reason.PROBE) {
        listener.probed(adapter.name(), false);
        from.link().distrust(adapter);
      }
      from.adapter().session().drop(known);
    }
    if (known.getCause() == reason && !(reason instanceof CodedException)) {
      LOG.error("an encrypted step failed", reason);
    }
    fail(known);
  }

  private void fail(RuntimeException reason) {
    failed = true;
    for (Chunk chunk : sent) {
      if (chunk instanceof Chunk.OfPads padded) {
        padded.run().close();
      }
    }
    sent.clear();
    String code = reason instanceof CodedException coded ? coded.code() : "internal";
    LOG.warn("requests of adapter '{}' fail: {}", adapter.name(), code);
    listener.failed(adapter.name(), code);
    RuntimeException shown =
        reason instanceof AdapterException
            ? reason
            : new AdapterException(
                AdapterException.Reason.UNAVAILABLE,
                "adapter '" + adapter.name() + "' could not be computed: " + text(reason),
                reason);
    sequences.forEach(sequence -> step.fail(sequence, shown));
  }

  /** The reason as a client may know it: a wrong answer looks like a late one. */
  private static String text(RuntimeException reason) {
    if (reason instanceof HeException he
        && he.reason() != Reason.ANSWER
        && he.reason() != Reason.PROBE) {
      return he.description();
    }
    return "its adapter host failed";
  }
}
