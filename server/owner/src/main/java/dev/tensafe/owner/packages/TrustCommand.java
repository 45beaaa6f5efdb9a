package dev.tensafe.owner.packages;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.SigningPublicKey;
import dev.tensafe.tssp.trust.Revocation;
import dev.tensafe.tssp.trust.RevokedBy;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tensafe trust}: the operator's list of whose packages are accepted. */
@Command(
    name = "trust",
    description = "Manages whose packages are accepted.",
    mixinStandardHelpOptions = true,
    subcommands = {
      TrustCommand.Add.class,
      TrustCommand.ListKeys.class,
      TrustCommand.Remove.class,
      TrustCommand.Revoke.class,
      TrustCommand.Restore.class,
      TrustCommand.Import.class
    })
public final class TrustCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "a subcommand is needed: add, list, remove, revoke, restore, import");
  }

  /** {@code trust add}. */
  @Command(name = "add", description = "Pins a signing key.", mixinStandardHelpOptions = true)
  static final class Add implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @Option(names = "--name", required = true, description = "who holds the key")
    private String name = "";

    @Option(
        names = "--adapter-prefix",
        paramLabel = "P",
        description = "beginnings of names its adapters may have; any if not given")
    private @Nullable List<String> prefixes;

    @Option(
        names = "--role",
        split = ",",
        defaultValue = "issuer",
        description = "issuer, reviewer or both")
    private Set<Role> roles = EnumSet.of(Role.ISSUER);

    @Option(
        names = "--valid-from",
        paramLabel = "TIME",
        description = "such as 2026-11-21T00:00:00Z")
    private @Nullable Instant from;

    @Option(names = "--valid-until", paramLabel = "TIME", description = "exclusive")
    private @Nullable Instant until;

    @Option(
        names = "--required-reviews",
        defaultValue = "0",
        paramLabel = "N",
        description = "reviewers that must sign its packages too")
    private int reviews;

    @Parameters(paramLabel = "PUB", description = "the public key")
    private Path file = Path.of("");

    @Override
    public Integer call() {
      SigningPublicKey key = PublicKeyFile.readSigning(file);
      new TrustDirectory(directory)
          .add(
              new TrustedKey(
                  name,
                  key,
                  roles,
                  prefixes == null ? List.of() : prefixes,
                  Optional.ofNullable(from),
                  Optional.ofNullable(until),
                  reviews));
      spec.commandLine()
          .getOut()
          .println(
              "pinned "
                  + key.id()
                  + " as "
                  + name
                  + TrustStore.open(directory)
                      .issuerRevoked(key.id())
                      .map(by -> "; it stays REVOKED " + by.description())
                      .orElse(""));
      return 0;
    }
  }

  /** {@code trust list}. */
  @Command(
      name = "list",
      description = "Lists the pinned keys, and what is revoked.",
      mixinStandardHelpOptions = true)
  static final class ListKeys implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @Option(names = "--json", description = "as JSON")
    private boolean json;

    @Override
    public Integer call() {
      PrintWriter out = spec.commandLine().getOut();
      TrustStore store = TrustStore.open(directory);
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      for (TrustedKey trusted : store.keys()) {
        Optional<RevokedBy> revoked = store.issuerRevoked(trusted.key().id());
        if (json) {
          ObjectNode node = list.addObject();
          node.put("key_id", trusted.key().id().hex()).put("name", trusted.name());
          trusted.roles().forEach(role -> node.withArray("roles").add(role.label()));
          trusted.adapterPrefixes().forEach(node.putArray("adapter_prefixes")::add);
          trusted.validFrom().ifPresent(t -> node.put("valid_from", t.toString()));
          trusted.validUntil().ifPresent(t -> node.put("valid_until", t.toString()));
          node.put("required_reviews", trusted.requiredReviews())
              .put("revoked", revoked.isPresent());
          revoked.ifPresent(by -> put(by, node));
          node.put("pinned", true);
        } else {
          out.println(
              trusted.key().id()
                  + "  "
                  + trusted.name()
                  + "  "
                  + trusted.roles().stream()
                      .map(Role::label)
                      .sorted()
                      .collect(Collectors.joining(","))
                  + (trusted.adapterPrefixes().isEmpty()
                      ? ""
                      : "  names " + String.join(",", trusted.adapterPrefixes()))
                  + revoked.map(by -> "  REVOKED " + by.description()).orElse(""));
        }
      }
      Map<KeyId, RevokedBy> strangers = store.revokedStrangers();
      if (json) {
        strangers.forEach(
            (id, by) -> {
              ObjectNode node = list.addObject().put("key_id", id.hex()).put("revoked", true);
              put(by, node);
              node.put("pinned", false);
            });
        out.println(list.toPrettyString());
      } else {
        strangers.forEach(
            (id, by) -> out.println(id + "  not pinned  REVOKED " + by.description()));
        store
            .revokedPackages()
            .forEach((id, by) -> out.println("package " + id + "  REVOKED " + by.description()));
        out.println(
            store.keys().size()
                + " keys, "
                + (strangers.isEmpty() ? "" : strangers.size() + " revoked keys not pinned, ")
                + store.revokedPackages().size()
                + " packages revoked");
      }
      return 0;
    }

    private static void put(RevokedBy by, ObjectNode node) {
      node.put("revoked_by_issuer", by.issuer());
      by.who().ifPresent(who -> node.put("revoked_by", who));
      by.time().ifPresent(time -> node.put("revoked_at", time.toString()));
    }
  }

  /** {@code trust revoke}. */
  @Command(
      name = "revoke",
      description = "Stops accepting a key, or one package; your own word, not signed.",
      mixinStandardHelpOptions = true)
  static final class Revoke implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @ArgGroup(multiplicity = "1")
    private What what = new What();

    @Override
    public Integer call() {
      TrustDirectory trust = new TrustDirectory(directory);
      what.apply(spec, trust::revokeIssuer, trust::revokePackage);
      spec.commandLine().getOut().println("revoked " + what);
      return 0;
    }
  }

  /** {@code trust restore}. */
  @Command(
      name = "restore",
      description = {
        "Takes your own word against a key or a package back.",
        "What its issuer signed stays revoked."
      },
      mixinStandardHelpOptions = true)
  static final class Restore implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @ArgGroup(multiplicity = "1")
    private What what = new What();

    @Override
    public Integer call() {
      TrustDirectory trust = new TrustDirectory(directory);
      what.apply(spec, trust::restoreIssuer, trust::restorePackage);
      spec.commandLine().getOut().println("restored " + what);
      return 0;
    }
  }

  /** {@code trust remove}. */
  @Command(
      name = "remove",
      description = {
        "Takes a pinned key out: nothing of its issuer is accepted any more, as of a stranger's.",
        "A key that was stolen is better revoked, which also holds when it is pinned again."
      },
      mixinStandardHelpOptions = true)
  static final class Remove implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @Option(names = "--issuer", required = true, paramLabel = "ID", description = "key id")
    private String issuer = "";

    @Override
    public Integer call() {
      TrustedKey removed = new TrustDirectory(directory).remove(keyId(spec, issuer));
      spec.commandLine()
          .getOut()
          .println("removed " + removed.key().id() + ", which was pinned as " + removed.name());
      return 0;
    }
  }

  /** A key or a package. */
  static final class What {
    @Option(names = "--issuer", required = true, paramLabel = "ID", description = "key id")
    private @Nullable String issuer;

    @Option(names = "--package", required = true, paramLabel = "ID", description = "package id")
    private @Nullable String packageId;

    void apply(CommandSpec spec, Consumer<KeyId> toKey, Consumer<String> toPackage) {
      String key = issuer;
      String id = packageId;
      if (key != null) {
        toKey.accept(keyId(spec, key));
      }
      if (id != null) {
        toPackage.accept(id);
      }
    }

    @Override
    public String toString() {
      return issuer == null ? "package " + packageId : "key " + issuer;
    }
  }

  private static KeyId keyId(CommandSpec spec, String hex) {
    if (!KeyId.PATTERN.matcher(hex).matches()) {
      throw new ParameterException(
          spec.commandLine(), "a key id has 64 lowercase hexadecimal digits");
    }
    return new KeyId(hex);
  }

  /** {@code trust import}. */
  @Command(
      name = "import",
      description = "Takes over an issuer's signed revocation.",
      mixinStandardHelpOptions = true)
  static final class Import implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "trust directory")
    private Path directory = Path.of("");

    @Parameters(paramLabel = "FILE.rev", description = "made by 'revoke'")
    private Path file = Path.of("");

    @Override
    public Integer call() {
      Revocation revocation = new TrustDirectory(directory).importRevocation(file);
      spec.commandLine()
          .getOut()
          .println(
              "revoked by "
                  + revocation.issuer()
                  + ": "
                  + revocation.packages().size()
                  + " packages"
                  + (revocation.revokesIssuer() ? " and the issuer's key" : ""));
      return 0;
    }
  }
}
