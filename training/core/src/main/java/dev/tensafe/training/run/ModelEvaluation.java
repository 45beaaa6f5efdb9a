package dev.tensafe.training.run;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.data.BatchStream;
import dev.tensafe.training.data.Dataset;
import dev.tensafe.training.data.ExampleEncoder;
import dev.tensafe.training.data.RowBuilder;
import dev.tensafe.training.torch.Adaptation;
import dev.tensafe.training.torch.CheckpointWeights;
import dev.tensafe.training.torch.Precision;
import dev.tensafe.training.torch.TrainableModel;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** A finished model, with or without an adapter, looked at. */
public final class ModelEvaluation {
  private static final int DEFAULT_LENGTH = 1024;
  private static final int ROWS = 4;

  private ModelEvaluation() {}

  /**
   * Loss over a file of examples, the kinds that training reads.
   *
   * @param adapter a PEFT directory
   * @param length most tokens of an example; 0 for what the model can, at most 1024
   * @throws dev.tensafe.formats.CodedException for model, adapter or data as they say; {@code
   *     eval.length} for a length that the model does not have
   */
  public static Loss loss(Path model, Optional<Path> adapter, Path data, int length, int threads) {
    return with(
        model,
        adapter,
        threads,
        (files, trainable) -> {
          int positions = files.config().maxPositions();
          if (length > positions || length == 1 || length < 0) {
            throw new TrainingException(
                "eval.length",
                "sequence-length is " + length + "; the model allows 2 to " + positions);
          }
          int rowLength = length > 0 ? length : Math.min(DEFAULT_LENGTH, positions);
          Dataset examples =
              Dataset.read(
                  List.of(data),
                  new ExampleEncoder(
                      files.tokenizer(), files.chatTemplate(), files.config().eosTokens()),
                  rowLength);
          return Loss.of(
              trainable, BatchStream.inOrder(examples, new RowBuilder(rowLength, true), ROWS));
        });
  }

  /** Opens a model to be looked at, and closes it afterwards. */
  public static <T> T with(
      Path model,
      Optional<Path> adapter,
      int threads,
      BiFunction<ModelFiles, TrainableModel, T> look) {
    try (ModelFiles files = ModelFiles.open(model, Clock.system(ZoneId.systemDefault()))) {
      if (adapter.isEmpty()) {
        return frozen(files, Optional.empty(), threads, look);
      }
      try (PeftDirectory directory =
          PeftDirectory.open(adapter.get(), BaseProjections.of(files.checkpoint()))) {
        return frozen(files, Optional.of(directory), threads, look);
      }
    }
  }

  private static <T> T frozen(
      ModelFiles files,
      Optional<PeftDirectory> adapter,
      int threads,
      BiFunction<ModelFiles, TrainableModel, T> look) {
    try (TrainableModel trainable =
        TrainableModel.open(
            files.config(),
            new CheckpointWeights(files.checkpoint()),
            Precision.F32,
            new Adaptation.Given(adapter),
            threads)) {
      return look.apply(files, trainable);
    }
  }
}
