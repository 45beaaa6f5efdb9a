package dev.tensafe.owner.packages;

import dev.tensafe.tssp.file.DurableFile;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.trust.Revocation;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe revoke}. */
@Command(
    name = "revoke",
    description = "Signs a revocation of your packages, or of your own key, for others to import.",
    mixinStandardHelpOptions = true)
public final class RevokeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "the issuer's")
  private Path signingKey = Path.of("");

  @Option(names = "--package", arity = "1..*", paramLabel = "ID", description = "package ids")
  private @Nullable List<String> packages;

  @Option(names = "--own-key", description = "revoke the signing key itself: it was stolen or lost")
  private boolean ownKey;

  @Option(names = "--out", required = true, paramLabel = "FILE.rev", description = "the statement")
  private Path out = Path.of("");

  @Mixin private PassphraseOptions passphrases = new PassphraseOptions();

  @Override
  public Integer call() {
    Set<String> ids = packages == null ? Set.of() : new TreeSet<>(packages);
    if (ids.isEmpty() && !ownKey) {
      throw new ParameterException(spec.commandLine(), "give --package or --own-key");
    }
    try (SigningKey key = passphrases.signingKey(signingKey)) {
      DurableFile.write(out, Revocation.sign(key, Instant.now(), ids, ownKey, new SecureRandom()));
    }
    spec.commandLine()
        .getOut()
        .println(out + ": '" + spec.root().name() + " trust import' takes it over");
    return 0;
  }
}
