package dev.tensafe.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.tensafe.he.client.BarredHosts;
import dev.tensafe.he.client.BarredPair;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.tssp.keys.KeyId;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tensafe adapter}: what the operator of a server decides about adapters. */
@Command(
    name = "adapter",
    description = "Manages whom a server lets compute adapters.",
    mixinStandardHelpOptions = true,
    subcommands = AdapterCommand.TrustHost.class)
final class AdapterCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a subcommand is needed: trust-host");
  }

  /** {@code tensafe adapter trust-host}: beside a running server, or without one. */
  @Command(
      name = "trust-host",
      description = {
        "Lists the adapter hosts that gave a wrong answer, or lets one compute again.",
        "A running server notices within two seconds."
      },
      mixinStandardHelpOptions = true)
  static final class TrustHost implements Callable<Integer> {
    private static final Pattern PAIR = Pattern.compile("([0-9a-f]{64})(?::([0-9a-f]{64}))?");

    @Spec private CommandSpec spec = CommandSpec.create();

    @ArgGroup(multiplicity = "1")
    private What what = new What();

    static final class What {
      @Option(names = "--list", required = true, description = "shows what is barred")
      private boolean list;

      @Option(
          names = "--reenable",
          required = true,
          paramLabel = "DIGEST[:KEYID]",
          description =
              "the adapter's digest, and the key of one host; without a key of all its hosts")
      private @Nullable String pair;
    }

    @Option(
        names = "--state-dir",
        required = true,
        paramLabel = "DIR",
        description = "the server's; he-state in its directory of adapters if it was given none")
    private Path directory = Path.of("");

    @Option(names = "--json", description = "the list as JSON")
    private boolean json;

    @Override
    public Integer call() {
      String pair = what.pair;
      Matcher named = PAIR.matcher(pair == null ? "" : pair);
      if (pair != null && !named.matches()) {
        throw new ParameterException(
            spec.commandLine(),
            "--reenable takes a digest, or a digest and a key id with a colon between them; both"
                + " have 64 lowercase hexadecimal digits");
      }
      if (!Files.isDirectory(directory)) {
        throw new ConfigException("config.state-dir", "there is no directory " + directory);
      }
      BarredHosts hosts = BarredHosts.open(directory);
      if (what.list) {
        list(hosts.list());
      } else {
        reenable(hosts, named.group(1), Optional.ofNullable(named.group(2)).map(KeyId::new));
      }
      return 0;
    }

    private void list(List<BarredPair> pairs) {
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (BarredPair pair : pairs) {
          list.addObject()
              .put("digest", pair.digest())
              .put("adapter", pair.adapter())
              .put("host", pair.host().hex())
              .put("address", pair.address())
              .put("time", pair.time().toString())
              .put("reason", pair.reason().code());
        }
        out.println(list.toPrettyString());
        return;
      }
      for (BarredPair pair : pairs) {
        out.println(
            pair.digest()
                + ":"
                + pair.host().hex()
                + "  "
                + pair.adapter()
                + "  "
                + pair.address()
                + "  "
                + pair.time()
                + "  "
                + pair.reason().code());
      }
      out.println(pairs.size() + " barred");
    }

    private void reenable(BarredHosts hosts, String digest, Optional<KeyId> host) {
      List<BarredPair> let =
          hosts.reenable(digest, host, System.getProperty("user.name"), InstantSource.system());
      if (let.isEmpty()) {
        throw new ConfigException(
            "config.reenable",
            "nothing is barred under "
                + digest
                + host.map(key -> " at the host with the key " + key.hex()).orElse("")
                + "; see --list");
      }
      for (BarredPair pair : let) {
        spec.commandLine()
            .getOut()
            .println(
                "'"
                    + pair.adapter()
                    + "' may be computed again by the host with the key "
                    + pair.host().hex());
      }
    }
  }
}
