package dev.tensafe.cli.top;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.cli.remote.RemoteServer;
import dev.tensafe.cli.training.Terminal;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.Setting;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe top}. */
@Command(
    name = "top",
    description = {
      "Shows what a server does, anew every few seconds, until Ctrl-C.",
      "The API key needs the scope metrics. Without a terminal: plain lines, one block a reading."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
@FromEnvironment(prefix = "TENSAFE_TOP__")
public final class TopCommand implements Callable<Integer> {
  /** Back to the first line, and the lines of before wiped. */
  private static final String HOME = "\033[H";

  private static final String CLEAR = "\033[2J";
  private static final String END_OF_LINE = "\033[K\n";
  private static final String END_OF_SCREEN = "\033[J";

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private RemoteServer server = new RemoteServer();

  @Option(names = "--once", description = "one reading, in plain lines; rates are since start")
  private boolean once;

  @Option(
      names = "--interval-seconds",
      paramLabel = "N",
      defaultValue = "2",
      showDefaultValue = Visibility.ALWAYS,
      description = "between two readings")
  private int intervalSeconds;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "10",
      showDefaultValue = Visibility.ALWAYS,
      description = "of each list at most")
  private int rows;

  @Override
  public Integer call() throws InterruptedException {
    Setting.range("interval-seconds", intervalSeconds, 1, 3_600);
    Setting.range("rows", rows, 1, 200);
    StatusClient client = new StatusClient(server.http(), server.address(), server.apiKey());
    PrintWriter out = spec.commandLine().getOut();
    boolean terminal = !once && Terminal.attached();
    if (terminal) {
      out.print(CLEAR);
    }
    JsonNode before = null;
    while (true) {
      before = show(client, before, terminal, out);
      if (once) {
        return 0;
      }
      Thread.sleep(1_000L * intervalSeconds);
    }
  }

  private JsonNode show(
      StatusClient client, @Nullable JsonNode before, boolean terminal, PrintWriter out) {
    JsonNode now = client.read();
    List<String> lines = TopScreen.lines(new StatusDifference(before, now), rows);
    if (terminal) {
      out.print(HOME + String.join(END_OF_LINE, lines) + END_OF_LINE + END_OF_SCREEN);
    } else {
      lines.forEach(out::println);
      out.println();
    }
    out.flush();
    return now;
  }
}
