package dev.tensafe.training.run;

import dev.tensafe.training.TrainingException;
import dev.tensafe.training.data.BatchStream;
import dev.tensafe.training.data.Dataset;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.RowBuilder;
import dev.tensafe.training.torch.Optimizer;
import dev.tensafe.training.torch.TrainableModel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The steps of a run: forward, backward, optimizer; validation, samples and checkpoints when they
 * are due. For one thread.
 */
final class TrainingLoop {
  /** Skipped micro-batches in a row that a short epoch is allowed. */
  private static final int MOST_SKIPPED = 20;

  private final RunConfig config;
  private final TrainableModel model;
  private final Optimizer optimizer;
  private final Samples samples;
  private final RunListener listener;
  private final BooleanSupplier stop;
  private final MemoryLimit memory;
  private final CheckpointStore store;
  private final BatchStream stream;
  private final List<MicroBatch> heldOut;
  private final int steps;
  private final Schedule schedule;
  private final String data;
  private final int heldOutExamples;
  private final int examples;
  private RunState state;
  private int skippedInARow;

  TrainingLoop(
      RunConfig config,
      List<Dataset> datasets,
      TrainableModel model,
      Optimizer optimizer,
      Samples samples,
      RunListener listener,
      BooleanSupplier stop,
      MemoryLimit memory) {
    this.config = config;
    this.model = model;
    this.optimizer = optimizer;
    this.samples = samples;
    this.listener = listener;
    this.stop = stop;
    this.memory = memory;
    this.store = new CheckpointStore(config.output().resolve("checkpoints"));
    RowBuilder rows = new RowBuilder(config.sequenceLength(), config.packing());
    Dataset train = datasets.get(0);
    this.stream = new BatchStream(train, rows, config.microBatch(), config.seed());
    this.examples = train.examples().size();
    if (datasets.size() > 1) {
      this.heldOut = BatchStream.inOrder(datasets.get(1), rows, config.microBatch());
      this.heldOutExamples = datasets.get(1).examples().size();
    } else {
      this.heldOut = List.of();
      this.heldOutExamples = 0;
    }
    this.steps = steps(stream.size());
    this.schedule = new Schedule(config.schedule(), steps);
    this.data = train.fingerprint();
    this.state = RunState.beginning(data);
  }

  private int steps(int batchesPerEpoch) {
    if (config.length() instanceof RunConfig.Length.Steps given) {
      return given.count();
    }
    double epochs = ((RunConfig.Length.Epochs) config.length()).count();
    return (int) Math.max(1, Math.round(epochs * batchesPerEpoch / config.accumulation()));
  }

  void run() {
    store.restore(model, optimizer, config.optimizer(), listener::warned).ifPresent(this::goOnFrom);
    listener.started(state.step(), steps, model.trainedElements(), examples, heldOutExamples);
    boolean saved = state.step() > 0;
    while (state.step() < steps) {
      if (!step()) {
        save(saved);
        throw new TrainingException(
            "train.interrupted",
            "stopped after step "
                + state.step()
                + " of "
                + steps
                + ", which is saved; the same command goes on from there");
      }
      saved = false;
      boolean last = state.step() == steps;
      if (last || due(config.validateEvery())) {
        validate();
      }
      if (last ? config.sampleEvery() > 0 : due(config.sampleEvery())) {
        samples.generate((prompt, text) -> listener.sampled(state.step(), prompt, text));
      }
      if (last || due(config.checkpointEvery())) {
        save(false);
        saved = true;
      }
      if (memory.exceeded()) {
        save(saved);
        throw memory.failure();
      }
    }
  }

  private boolean due(int every) {
    return every > 0 && state.step() % every == 0;
  }

  private void goOnFrom(RunState found) {
    if (found.step() > steps) {
      throw new TrainingException(
          "train.steps",
          "the run is to end at step "
              + steps
              + ", but its newest checkpoint is of step "
              + found.step()
              + ": nothing would be trained. Raise steps or epochs, or delete the checkpoints in "
              + config.output().resolve("checkpoints")
              + " that are too far");
    }
    if (found.step() == steps) {
      listener.warned(
          "all " + steps + " steps are done already: nothing is trained, the result is saved");
    }
    state = found;
    if (found.data().equals(data)) {
      stream.seek(found.epoch(), found.index());
    } else {
      listener.warned(
          "the training data differs from the checkpoint's; it is read from its first example");
      stream.seek(found.epoch() + 1, 0);
    }
  }

  private void save(boolean already) {
    if (!already) {
      store.save(model, optimizer, config.optimizer(), state);
      listener.saved(state.step());
    }
  }

  private void validate() {
    if (!heldOut.isEmpty()) {
      listener.validated(state.step(), Loss.of(model, heldOut).nats());
    }
  }

  /** One optimizer step; false when it was stopped on the way, with nothing changed. */
  private boolean step() {
    List<MicroBatch> batches = new ArrayList<>();
    for (int i = 0; i < config.accumulation(); i++) {
      batches.add(stream.next());
    }
    long all = batches.stream().mapToLong(MicroBatch::scored).sum();
    model.seed(config.seed() * 0x9e3779b97f4a7c15L + state.step());
    double sum = 0;
    long kept = 0;
    long tokens = 0;
    int skipped = 0;
    for (MicroBatch batch : batches) {
      if (stop.getAsBoolean()) {
        return false;
      }
      double loss = model.backward(batch, (double) all);
      tokens += batch.tokens().length;
      if (Double.isFinite(loss)) {
        sum += loss;
        kept += batch.scored();
        skippedInARow = 0;
      } else {
        skipped++;
        skippedInARow++;
      }
    }
    double rate = schedule.rate(state.step());
    double norm = 0;
    if (kept > 0) {
      norm = optimizer.step(rate, (double) all / kept, config.clip());
      if (!Double.isFinite(norm)) {
        // finite losses, but gradients that are not: nothing was applied
        skipped = batches.size();
        skippedInARow += batches.size();
      }
    }
    state =
        new RunState(
            state.step() + 1,
            optimizer.steps(),
            stream.epoch(),
            stream.index(),
            state.tokens() + tokens,
            state.skipped() + skipped,
            data);
    listener.step(
        state.step(), kept > 0 ? sum / kept : Double.NaN, rate, norm, tokens, state.skipped());
    if (skippedInARow > Math.max(MOST_SKIPPED, stream.size())) {
      throw new TrainingException(
          "train.diverged",
          "the loss of "
              + skippedInARow
              + " micro-batches in a row is no finite number; lower learning-rate.peak and go on"
              + " from an earlier checkpoint");
    }
    return true;
  }
}
