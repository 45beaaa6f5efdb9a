package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.file.PackageFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe inspect}: needs no key and verifies nothing. */
@Command(
    name = "inspect",
    description = "Shows the statements of a package. Verifies nothing.",
    mixinStandardHelpOptions = true)
public final class InspectCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "the package")
  private Path path = Path.of("");

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try (PackageFile file = PackageFile.open(path)) {
      PackageReport report = new PackageReport(file);
      if (json) {
        ObjectNode node = report.json();
        node.put("verified", false);
        out.println(node.toPrettyString());
      } else {
        String program = spec.root().name();
        out.println(
            "NOT VERIFIED: anyone can write what follows; '" + program + " verify' checks it");
        report.print(out);
      }
    }
    return 0;
  }
}
