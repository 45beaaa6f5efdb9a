package dev.tensafe.bench.step;

import dev.tensafe.bench.ScratchDirectory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.nativeexec.NativeExecutor;
import dev.tensafe.nativelib.decoder.MachineLimits;
import dev.tensafe.nativelib.decoder.NativeDecoder.Operation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Times steps of a model and prints each beside the limits of the machine, measured before. */
public final class StepBench {
  /** Operations with a column of their own. */
  private static final Set<Operation> NAMED =
      EnumSet.of(
          Operation.LINEAR,
          Operation.ATTEND,
          Operation.HEAD,
          Operation.NORM,
          Operation.LAST,
          Operation.HEADS);

  private final PrintWriter out;

  public StepBench(PrintWriter out) {
    this.out = out;
  }

  /** Measures and prints a table. */
  public void run(Path directory, ExecutorOptions options, List<StepLoad> loads, int repetitions) {
    try (StepModel model = StepModel.open(directory, options, loads);
        ScratchDirectory scratch = ScratchDirectory.make()) {
      StepModel.compile(scratch.path(), options.threads());
      NativeExecutor executor = model.executor();
      int threads = options.threads();
      long bytes = executor.stepBytes();
      out.printf(
          Locale.ROOT,
          "kernels %s; weights %s, %.0f MB a step; threads %d%n",
          executor.kernels(),
          executor.weightFormat().name().toLowerCase(Locale.ROOT),
          bytes / 1e6,
          threads);
      double read = MachineLimits.readBytesPerSecond(bytes, threads);
      double multiply = MachineLimits.multiplyAddsPerSecond(executor.weightFormat(), threads);
      out.printf(
          Locale.ROOT,
          "limits: reading that much %.1f GB/s (one thread %.1f); products from the second cache"
              + " %.1f G multiply-adds/s (one thread %.1f)%n%n",
          read / 1e9,
          MachineLimits.readBytesPerSecond(bytes, 1) / 1e9,
          multiply / 1e9,
          MachineLimits.multiplyAddsPerSecond(executor.weightFormat(), 1) / 1e9);
      out.println(
          "| step | ms | tok/s | weights GB/s | of limit | G multiply-adds/s | of limit | linear"
              + " | attend | head | norm | heads | other | rest µs | CPU |");
      out.println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
      out.flush();
      for (StepLoad load : loads) {
        StepTimes times = model.time(load, repetitions);
        double seconds = times.nanos() / 1e9;
        line(
            load,
            times,
            bytes / seconds,
            read,
            load.multiplyAdds(executor.config()) / seconds,
            multiply);
      }
    }
  }

  private void line(
      StepLoad load,
      StepTimes times,
      double bytesPerSecond,
      double read,
      double multiplyAdds,
      double multiply) {
    out.printf(
        Locale.ROOT,
        "| %s | %.2f | %.1f | %.1f | %.2f | %.1f | %.2f"
            + " | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.0f | %.2f |%n",
        load.label(),
        times.nanos() / 1e6,
        load.rows() * 1e9 / times.nanos(),
        bytesPerSecond / 1e9,
        bytesPerSecond / read,
        multiplyAdds / 1e9,
        multiplyAdds / multiply,
        times.share(Operation.LINEAR),
        times.share(Operation.ATTEND),
        times.share(Operation.HEAD),
        times.share(Operation.NORM, Operation.LAST),
        times.share(Operation.HEADS),
        times.shareBeside(NAMED),
        times.restNanos() / 1e3,
        times.cpuShare());
    out.flush();
  }
}
