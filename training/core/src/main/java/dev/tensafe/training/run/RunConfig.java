package dev.tensafe.training.run;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The settings of a run.
 *
 * @param output directory of result, checkpoints and metrics
 * @param start the initial weights
 * @param lora what is trained beside the model; empty to train all of its weights
 * @param train files of examples
 * @param validation files of held-out examples; if empty, a share of the examples is taken
 * @param validationShare between 0 and 1; 0 for no validation at all
 * @param sequenceLength tokens of a row
 * @param packing whether examples share rows
 * @param microBatch rows computed together
 * @param accumulation micro-batches of one optimizer step
 * @param clip largest global norm of the gradients; 0 for none
 * @param validateEvery optimizer steps between validations; 0 for the end only
 * @param sampleEvery optimizer steps between sample generations; 0 for none
 * @param samplePrompts what samples answer or continue
 * @param sampleTokens most tokens of a sample
 * @param checkpointEvery optimizer steps between checkpoints; 0 for the end only
 * @param memoryLimitBytes most resident memory of the process
 * @param resultType F32 or BF16, the type of the weights written at the end
 */
public record RunConfig(
    Path output,
    Start start,
    Optional<LoraSpec> lora,
    List<Path> train,
    List<Path> validation,
    double validationShare,
    int sequenceLength,
    boolean packing,
    int microBatch,
    int accumulation,
    Length length,
    OptimizerSpec optimizer,
    Schedule.Spec schedule,
    double clip,
    long seed,
    int threads,
    int validateEvery,
    int sampleEvery,
    List<String> samplePrompts,
    int sampleTokens,
    int checkpointEvery,
    long memoryLimitBytes,
    DType resultType) {

  public RunConfig {
    train = List.copyOf(train);
    validation = List.copyOf(validation);
    samplePrompts = List.copyOf(samplePrompts);
  }

  /** The initial weights. */
  public sealed interface Start {
    /** A model directory as Hugging Face publishes it. */
    record Model(Path directory) implements Start {}

    /**
     * A new Llama with random weights, and a tokenizer learnt from the training text.
     *
     * @param vocabSize most tokens of the vocabulary
     * @param positions longest sequence the model is made for
     */
    record Scratch(
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int kvHeads,
        int vocabSize,
        int positions)
        implements Start {}
  }

  /** The length of a run. */
  public sealed interface Length {
    /** A number of optimizer steps. */
    record Steps(int count) implements Length {}

    /** Passes over the training examples. */
    record Epochs(double count) implements Length {}
  }
}
