package dev.tensafe.bench.cli;

import dev.tensafe.bench.Machine;
import dev.tensafe.bench.train.TrainBench;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.ModelConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench train}: what training costs, with random weights. */
@Command(
    name = "train",
    description =
        "Times steps of training all weights, low-rank matrices, the same with examples' gradients"
            + " clipped, with dropout and with layers computed again; and measures memory.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class TrainBenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIRECTORY",
      description = "whose config.json gives the shape")
  private Path model = Path.of("");

  @Option(names = "--examples", defaultValue = "16", description = "of a step")
  private int examples;

  @Option(names = "--length", defaultValue = "256", description = "tokens of each")
  private int length;

  @Option(names = "--micro-batch", defaultValue = "8", description = "examples computed together")
  private int microBatch;

  @Option(names = "--rank", defaultValue = "16", description = "of the low-rank matrices")
  private int rank;

  @Option(names = "--threads", defaultValue = "1", description = "compute threads")
  private int threads;

  @Option(names = "--rounds", defaultValue = "11", description = "of which the median counts")
  private int rounds;

  @Option(
      names = "--adapters",
      defaultValue = "0",
      description =
          "measures only what each of so many adapters adds to the process; 0 for all the rest")
  private int adapters;

  @Override
  public Integer call() {
    if (examples < 1 || length < 1 || microBatch < 1 || rank < 1 || threads < 1 || rounds < 1) {
      throw new ParameterException(spec.commandLine(), "every number is at least 1");
    }
    ModelConfig config = ModelConfigReader.read(model);
    if (length > config.maxPositions()) {
      throw new ParameterException(
          spec.commandLine(), "the model has " + config.maxPositions() + " positions");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s, %d processors, %d threads; %d × %d tokens a step, micro-batch %d, rank %d%n",
        Machine.processor(),
        Machine.processors(),
        threads,
        examples,
        length,
        microBatch,
        rank);
    TrainBench bench = new TrainBench(config, examples, length, rank, microBatch, threads);
    if (adapters > 0) {
      out.printf(Locale.ROOT, "an adapter more adds %.1f MiB%n", bench.mibPerTrainee(adapters));
      out.flush();
      return 0;
    }
    TrainBench.StepMemory memory = bench.memory();
    out.println("| way | tokens/s of processor time | by LoRA |");
    out.println("|---|---|---|");
    for (TrainBench.Figure f : bench.speed(rounds)) {
      out.printf(Locale.ROOT, "| %s | %.0f | %.2f |%n", f.way(), f.tokensPerSecond(), f.share());
    }
    out.printf(
        Locale.ROOT,
        "a step adds at most %.0f MiB, with layers computed again %.0f MiB%n",
        memory.kept(),
        memory.again());
    out.flush();
    return 0;
  }
}
