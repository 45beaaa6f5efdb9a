package dev.tensafe.bench.cli;

import dev.tensafe.bench.gate.BenchRun;
import dev.tensafe.bench.gate.Gate;
import dev.tensafe.bench.gate.GateFigures;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench gate}: fails when a figure is slower than a stored run allows. */
@Command(
    name = "gate",
    description =
        "Measures CKKS in native code and by JMH, and steps of the native executor, and compares"
            + " with a stored run of this machine; exits with 1 when a figure is slower than"
            + " allowed.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class GateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--stored", paramLabel = "FILE", description = "the run to compare with, JSON")
  private @Nullable Path stored;

  @Option(names = "--record", paramLabel = "FILE", description = "writes this run there, as JSON")
  private @Nullable Path record;

  @Option(
      names = "--max-ratio",
      defaultValue = "1.25",
      description = "largest new time by stored time that passes")
  private double maxRatio;

  @Option(names = "--rounds", defaultValue = "3", description = "of which the least time counts")
  private int rounds;

  @Option(names = "--repetitions", defaultValue = "101", description = "samples per native figure")
  private int repetitions;

  @Option(names = "--seconds", defaultValue = "1", description = "JMH's time per product and round")
  private int seconds;

  @Override
  public Integer call() {
    Path before = stored;
    Path target = record;
    if (before == null && target == null) {
      throw new ParameterException(spec.commandLine(), "give --stored, --record, or both");
    }
    boolean sensible =
        maxRatio >= 1 && rounds >= 1 && repetitions >= 1 && repetitions <= 10_000 && seconds >= 1;
    if (!sensible) {
      throw new ParameterException(
          spec.commandLine(),
          "--max-ratio, --rounds and --seconds are at least 1, --repetitions 1 to 10000");
    }
    // read first: a file that is no run is refused before minutes are spent
    BenchRun old = before == null ? null : BenchRun.read(before);
    BenchRun now = new GateFigures(rounds, repetitions, seconds).measure();
    if (target != null) {
      now.write(target);
    }
    return old == null ? 0 : report(new Gate(maxRatio), old, now);
  }

  private int report(Gate gate, BenchRun old, BenchRun now) {
    PrintWriter out = spec.commandLine().getOut();
    List<Gate.Comparison> all = gate.compare(old, now);
    out.println("| figure | stored, ns | now, ns | ratio | |");
    out.println("|---|---|---|---|---|");
    for (Gate.Comparison c : all) {
      out.printf(
          Locale.ROOT,
          "| %s | %.4g | %.4g | %.2f | %s |%n",
          c.figure(),
          c.stored(),
          c.now(),
          c.ratio(),
          gate.passes(c) ? "" : "SLOWER");
    }
    long slower = all.stream().filter(c -> !gate.passes(c)).count();
    double median =
        all.stream().mapToDouble(Gate.Comparison::ratio).sorted().toArray()[all.size() / 2];
    out.printf(
        Locale.ROOT,
        "%d of %d figures are slower than %.2f times the stored run; median ratio %.2f%n",
        slower,
        all.size(),
        maxRatio,
        median);
    out.flush();
    return slower == 0 ? 0 : 1;
  }
}
