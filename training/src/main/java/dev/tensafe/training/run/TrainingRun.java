package dev.tensafe.training.run;

import dev.tensafe.model.ModelException;
import dev.tensafe.model.ModelFiles;
import dev.tensafe.model.config.ModelConfig;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.data.BatchStream;
import dev.tensafe.training.data.Dataset;
import dev.tensafe.training.data.ExampleEncoder;
import dev.tensafe.training.data.MicroBatch;
import dev.tensafe.training.data.RowBuilder;
import dev.tensafe.training.out.AdapterWriter;
import dev.tensafe.training.out.CheckpointWriter;
import dev.tensafe.training.torch.Adaptation;
import dev.tensafe.training.torch.CheckpointWeights;
import dev.tensafe.training.torch.Optimizer;
import dev.tensafe.training.torch.OptimizerSpec;
import dev.tensafe.training.torch.Precision;
import dev.tensafe.training.torch.RandomWeights;
import dev.tensafe.training.torch.TrainableModel;
import dev.tensafe.training.torch.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One run, from its configuration to its result: reads the data, goes on from the newest checkpoint
 * if there is one, trains, reports, saves. Runs on the thread that calls {@link #run}.
 *
 * <p>With one thread the same configuration and data give the same result to the bit, interrupted
 * or not: the order of examples depends on seed and epoch, dropout on seed and step.
 */
public final class TrainingRun {
  private final RunConfig config;
  private final RunListener listener;
  private final BooleanSupplier stop;
  private final MemoryLimit memory;

  /**
   * @param stop asked between micro-batches; once true, the run saves and ends with an error
   */
  public TrainingRun(RunConfig config, RunListener listener, BooleanSupplier stop) {
    this(config, listener, stop, new MemoryLimit(config.memoryLimitBytes()));
  }

  TrainingRun(RunConfig config, RunListener listener, BooleanSupplier stop, MemoryLimit memory) {
    this.config = config;
    this.listener = listener;
    this.stop = stop;
    this.memory = memory;
  }

  /**
   * Runs to the end and writes the result into the output directory.
   *
   * @throws dev.tensafe.formats.CodedException for data, model or checkpoint as they say; {@code
   *     train.interrupted} when it was stopped; {@code train.memory}; {@code train.diverged} when
   *     every micro-batch of an epoch had to be skipped; {@code train.write}
   */
  public void run() {
    Path base = base();
    try (Tokenizer tokenizer = Tokenizer.load(base)) {
      ModelConfig model = ModelConfigReader.read(base);
      checkLength(model);
      ChatTemplate template = ChatTemplate.load(base, Clock.systemUTC());
      ExampleEncoder encoder = new ExampleEncoder(tokenizer, template, model.eosTokens());
      List<Dataset> data = data(encoder);
      try (TrainableModel trainable = open(base, model);
          Optimizer optimizer = new Optimizer(trainable, config.optimizer())) {
        Samples samples = new Samples(trainable, tokenizer, template, config);
        new Loop(data.get(0), data.size() > 1 ? data.get(1) : null, trainable, optimizer, samples)
            .run();
        write(base, trainable);
      }
    }
  }

  private Path base() {
    if (config.start() instanceof RunConfig.Start.Scratch scratch) {
      ScratchModel.prepare(config.output(), scratch, config.train());
      return config.output();
    }
    Path directory = ((RunConfig.Start.Model) config.start()).directory();
    if (!Files.isDirectory(directory)) {
      throw new ModelException("model.missing", "there is no model directory " + directory);
    }
    return directory;
  }

  private void checkLength(ModelConfig model) {
    if (config.sequenceLength() > model.maxPositions()) {
      throw new TrainingException(
          "train.config",
          "sequence-length is "
              + config.sequenceLength()
              + "; the model has "
              + model.maxPositions()
              + " positions");
    }
  }

  /** The training examples, and the held-out ones if there are any. */
  private List<Dataset> data(ExampleEncoder encoder) {
    int length = config.sequenceLength();
    Dataset all = Dataset.read(config.train(), encoder, length);
    if (all.cut() + all.dropped() > 0) {
      listener.warned(
          all.cut()
              + " examples were cut to sequence-length, "
              + all.dropped()
              + " left out because nothing in them counts");
    }
    if (!config.validation().isEmpty()) {
      return List.of(all, Dataset.read(config.validation(), encoder, length));
    }
    return config.validationShare() > 0
        ? all.split(config.validationShare(), config.seed())
        : List.of(all);
  }

  private TrainableModel open(Path base, ModelConfig model) {
    Adaptation adaptation =
        config
            .lora()
            .<Adaptation>map(spec -> new Adaptation.Fresh(spec, config.seed()))
            .orElse(new Adaptation.None());
    int moments = config.optimizer() instanceof OptimizerSpec.AdamW ? 2 : 1;
    memory.require(
        MemoryLimit.estimate(
            model, config.lora(), moments, config.microBatch(), config.sequenceLength()));
    if (config.start() instanceof RunConfig.Start.Scratch) {
      WeightSource random = new RandomWeights(model.layers(), config.seed());
      return TrainableModel.open(model, random, Precision.F32, adaptation, config.threads());
    }
    try (ModelFiles files = ModelFiles.open(base, Clock.systemUTC())) {
      WeightSource stored = new CheckpointWeights(files.checkpoint());
      return TrainableModel.open(model, stored, Precision.F32, adaptation, config.threads());
    }
  }

  private void write(Path base, TrainableModel model) {
    try {
      if (config.lora().isPresent()) {
        Path name = base.toAbsolutePath().normalize().getFileName();
        AdapterWriter.write(
            config.output(),
            name == null ? "model" : name.toString(),
            config.lora().get(),
            model,
            config.resultType());
      } else {
        CheckpointWriter.write(config.output(), base, model, config.resultType());
      }
    } catch (IOException e) {
      throw new TrainingException("train.write", "cannot write to " + config.output(), e);
    }
  }

  /** The steps of a run. */
  private final class Loop {
    private final TrainableModel model;
    private final Optimizer optimizer;
    private final Samples samples;
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

    Loop(
        Dataset train,
        @Nullable Dataset validation,
        TrainableModel model,
        Optimizer optimizer,
        Samples samples) {
      this.model = model;
      this.optimizer = optimizer;
      this.samples = samples;
      this.store = new CheckpointStore(config.output().resolve("checkpoints"));
      RowBuilder rows = new RowBuilder(config.sequenceLength(), config.packing());
      this.stream = new BatchStream(train, rows, config.microBatch(), config.seed());
      this.heldOut =
          validation == null
              ? List.of()
              : BatchStream.inOrder(validation, rows, config.microBatch());
      this.examples = train.examples().size();
      this.heldOutExamples = validation == null ? 0 : validation.examples().size();
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
      store
          .restore(model, optimizer, config.optimizer(), listener::warned)
          .ifPresent(this::goOnFrom);
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
      state = found;
      if (found.data().equals(data)) {
        stream.seek(found.epoch(), found.index());
      } else {
        listener.warned("the training data is not what the checkpoint saw; it is begun anew");
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
      if (skippedInARow > Math.max(20, stream.size())) {
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
}
