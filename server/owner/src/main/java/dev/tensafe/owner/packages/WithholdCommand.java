package dev.tensafe.owner.packages;

import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.manifest.PartKind;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe withhold}. */
@Command(
    name = "withhold",
    description = "Copies a package without a part; it still verifies for whom that is not meant.",
    mixinStandardHelpOptions = true)
public final class WithholdCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "the package")
  private Path path = Path.of("");

  @Option(
      names = "--part",
      required = true,
      description = "public, sealed or weights; may be repeated")
  private List<PartKind> parts = List.of();

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "the copy")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    try (PackageFile file = PackageFile.open(path)) {
      PackageRewriter.withhold(file, Set.copyOf(parts), out);
    }
    spec.commandLine().getOut().println(out);
    return 0;
  }
}
