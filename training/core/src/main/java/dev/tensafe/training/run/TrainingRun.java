package dev.tensafe.training.run;

import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import dev.tensafe.model.template.ChatTemplate;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.data.Dataset;
import dev.tensafe.training.data.ExampleEncoder;
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
import java.time.ZoneId;
import java.util.List;
import java.util.function.BooleanSupplier;

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
   *     train.interrupted} when it was stopped; {@code train.memory}; {@code train.steps} for a
   *     checkpoint beyond the last step; {@code train.diverged} when every micro-batch of an epoch
   *     had to be skipped; {@code train.write}
   */
  public void run() {
    Path base = base();
    try (Tokenizer tokenizer = Tokenizer.load(base)) {
      ModelConfig model = ModelConfigReader.read(base);
      checkLength(model);
      ChatTemplate template = ChatTemplate.load(base, Clock.system(ZoneId.systemDefault()));
      ExampleEncoder encoder = new ExampleEncoder(tokenizer, template, model.eosTokens());
      List<Dataset> data = data(encoder);
      try (TrainableModel trainable = open(base, model);
          Optimizer optimizer = new Optimizer(trainable, config.optimizer())) {
        new TrainingLoop(
                config,
                data,
                trainable,
                optimizer,
                new Samples(trainable, tokenizer, template, config),
                listener,
                stop,
                memory)
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
    try (ModelFiles files = ModelFiles.open(base, Clock.system(ZoneId.systemDefault()))) {
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
}
