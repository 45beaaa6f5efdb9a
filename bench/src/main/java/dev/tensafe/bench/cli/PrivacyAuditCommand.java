package dev.tensafe.bench.cli;

import dev.tensafe.bench.train.PrivacyAudit;
import dev.tensafe.bench.train.PrivacyAudit.Attack;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe bench privacy-audit}. */
@Command(
    name = "privacy-audit",
    description =
        "Attacks short runs of training with and without differential privacy: is one example in"
            + " the data? See docs/PRIVACY.md.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
final class PrivacyAuditCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(names = "--model", required = true, paramLabel = "DIRECTORY", description = "a small one")
  private Path model = Path.of("");

  @Option(names = "--runs", defaultValue = "200", description = "of each kind")
  private int runs;

  @Option(names = "--epsilon", defaultValue = "1", description = "of the private runs")
  private double epsilon;

  @Option(names = "--seed", defaultValue = "1", description = "of texts, canaries and coins")
  private long seed;

  @Override
  public Integer call() {
    if (runs < 8 || !(epsilon >= 0.01 && epsilon <= 100)) {
      throw new ParameterException(
          spec.commandLine(), "there are at least 8 runs, and epsilon is from 0.01 to 100");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println("| runs | advantage | by chance | area | bound |");
    out.println("|---|---|---|---|---|");
    try (PrivacyAudit audit = new PrivacyAudit(model, seed)) {
      row(out, runs + " without privacy", audit.withoutPrivacy(runs));
      String name =
          String.format(
              Locale.ROOT,
              "%d with ε = %s (noise %.2f)",
              runs,
              epsilon,
              PrivacyAudit.noiseFor(epsilon));
      row(out, name, audit.withPrivacy(runs, epsilon));
    }
    out.flush();
    return 0;
  }

  private static void row(PrintWriter out, String name, Attack attack) {
    out.printf(
        Locale.ROOT,
        "| %s | %.2f | ± %.2f | %.2f | %.2f |%n",
        name,
        attack.advantage(),
        attack.deviation(),
        attack.area(),
        attack.bound());
  }
}
