package dev.tensafe.owner.packages;

import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageRewriter;
import dev.tensafe.tssp.keys.SigningKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe countersign}. */
@Command(
    name = "countersign",
    description = "Adds a reviewer's signature to a package. Verify and read it first.",
    mixinStandardHelpOptions = true)
public final class CountersignCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "FILE", description = "the package")
  private Path path = Path.of("");

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "the reviewer's")
  private Path signingKey = Path.of("");

  @Option(names = "--out", paramLabel = "FILE", description = "the package itself if not given")
  private @Nullable Path out;

  @Mixin private PassphraseOptions passphrases = new PassphraseOptions();

  @Override
  public Integer call() {
    Path given = out;
    Path target = given == null ? path : given;
    try (SigningKey key = passphrases.signingKey(signingKey);
        PackageFile file = PackageFile.open(path)) {
      PackageRewriter.countersign(file, key, target, new SecureRandom());
      spec.commandLine().getOut().println(target + ": signed by " + key.publicKey().id() + " too");
    }
    return 0;
  }
}
