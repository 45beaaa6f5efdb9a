package dev.tensafe.bench.cli;

import dev.tensafe.bench.step.StepBench;
import dev.tensafe.bench.step.StepLoad;
import dev.tensafe.model.exec.ExecutorOptions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench step}: what a step costs, and what the machine would allow. */
@Command(
    name = "step",
    description =
        "Times steps of the native executor beside the machine's read bandwidth and multiply-add"
            + " rate; TENSAFE_NATIVE_KERNELS forces a set of kernels.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class StepCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private ModelOptions model = new ModelOptions();

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "1,8,32",
      description = "sequences of decoding steps, one token each")
  private List<Integer> rows = List.of();

  @Option(names = "--context", defaultValue = "128", description = "tokens before each of them")
  private int context;

  @Option(
      names = "--prefill",
      split = ",",
      defaultValue = "128,512",
      description = "tokens of prompts, one prompt a step")
  private List<Integer> prefill = List.of();

  @Option(
      names = "--repetitions",
      defaultValue = "31",
      description = "steps of which the median counts; fewer where they take over 15 s")
  private int repetitions;

  @Override
  public Integer call() {
    ExecutorOptions options = model.executor();
    boolean sensible =
        context >= 1
            && repetitions >= 1
            && Stream.concat(rows.stream(), prefill.stream()).allMatch(count -> count >= 1);
    if (!sensible) {
      throw new ParameterException(spec.commandLine(), "counts are at least 1");
    }
    List<StepLoad> loads =
        Stream.concat(
                rows.stream().map(count -> StepLoad.decode(count, context)),
                prefill.stream().map(StepLoad::prefill))
            .toList();
    new StepBench(spec.commandLine().getOut()).run(model.model, options, loads, repetitions);
    return 0;
  }
}
