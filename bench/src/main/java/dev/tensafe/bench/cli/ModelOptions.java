package dev.tensafe.bench.cli;

import dev.tensafe.model.exec.ExecutorOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which model a measurement loads, and how. */
final class ModelOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIR", description = "base model")
  Path model = Path.of("");

  @Option(names = "--dtype", defaultValue = "auto", description = "of the model: auto, f32 or bf16")
  private String dtype = "";

  @Option(
      names = "--weights",
      defaultValue = "dtype",
      description = "how matrices are kept: dtype, int8, or int8-all")
  private String weights = "";

  @Option(names = "--threads", description = "compute threads; the number of cores if not given")
  private @Nullable Integer threads;

  /** What the executor is told. */
  ExecutorOptions executor() {
    ExecutorOptions.Format format =
        switch (dtype) {
          case "auto" -> ExecutorOptions.Format.AUTO;
          case "f32" -> ExecutorOptions.Format.F32;
          case "bf16" -> ExecutorOptions.Format.BF16;
          default -> throw refused("--dtype must be auto, f32 or bf16");
        };
    ExecutorOptions.Weights kept =
        switch (weights) {
          case "dtype" -> ExecutorOptions.Weights.FORMAT;
          case "int8" -> ExecutorOptions.Weights.INT8;
          case "int8-all" -> ExecutorOptions.Weights.INT8_ALL;
          default -> throw refused("--weights must be dtype, int8 or int8-all");
        };
    int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    if (count < 1) {
      throw refused("--threads is at least 1");
    }
    return new ExecutorOptions(
        format, kept, ExecutorOptions.Cache.AUTO, ExecutorOptions.Numerics.AUTO, count, false);
  }

  private ParameterException refused(String what) {
    return new ParameterException(spec.commandLine(), what);
  }
}
