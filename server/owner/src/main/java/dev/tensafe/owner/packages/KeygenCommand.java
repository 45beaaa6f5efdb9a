package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.Passphrase;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.ScryptCost;
import dev.tensafe.tssp.keys.SigningKey;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe keygen}. */
@Command(
    name = "keygen",
    description = "Makes a key pair: PREFIX.pub to give away, PREFIX.key to keep.",
    mixinStandardHelpOptions = true)
public final class KeygenCommand implements Callable<Integer> {
  /** The purpose of a key. */
  enum Kind {
    /** Signs packages and revocations. */
    SIGNING,
    /** Opens parts of packages. */
    RECIPIENT
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "signing|recipient", description = "what it is for")
  private Kind kind = Kind.SIGNING;

  @Option(names = "--out", required = true, paramLabel = "PREFIX", description = "of both files")
  private Path prefix = Path.of("");

  @Option(names = "--no-passphrase", description = "leave PREFIX.key unprotected")
  private boolean unprotected;

  @Option(names = "--json", description = "as JSON")
  private boolean json;

  @Mixin private PassphraseOptions passphrases = new PassphraseOptions();

  @Override
  public Integer call() {
    if (unprotected && passphrases.hasFile()) {
      throw new ParameterException(
          spec.commandLine(), "--no-passphrase and --passphrase-file exclude each other");
    }
    SecureRandom random = new SecureRandom();
    KeyId id;
    try (Passphrase passphrase =
        unprotected ? null : passphrases.chosen(Path.of(prefix + ".key"))) {
      if (kind == Kind.SIGNING) {
        try (SigningKey key = SigningKey.generate(random)) {
          PrivateKeyFile.write(prefix, key, passphrase, ScryptCost.DEFAULT, random);
          id = key.publicKey().id();
        }
      } else {
        try (RecipientKey key = RecipientKey.generate(random)) {
          PrivateKeyFile.write(prefix, key, passphrase, ScryptCost.DEFAULT, random);
          id = key.publicKey().id();
        }
      }
    }
    spec.commandLine()
        .getOut()
        .println(
            json
                ? JsonNodeFactory.instance
                    .objectNode()
                    .put("key_id", id.hex())
                    .put("public", prefix + ".pub")
                    .put("private", prefix + ".key")
                    .toString()
                : kind.name().toLowerCase(Locale.ROOT)
                    + " key "
                    + id
                    + ": "
                    + prefix
                    + ".pub, "
                    + prefix
                    + ".key");
    return 0;
  }
}
