package dev.tensafe.cli.top;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tensafe.cli.remote.RemoteServer;
import dev.tensafe.cli.training.Terminal;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.Setting;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
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
    if (once || !Terminal.attached()) {
      plain(client, out);
      return 0;
    }
    try (TopDisplay display = new TopDisplay(out)) {
      JsonNode before = null;
      while (true) {
        JsonNode now = client.read();
        TerminalSize size = TerminalSize.now();
        StatusDifference difference = new StatusDifference(before, now);
        display.draw(size.fit(TopScreen.lines(difference, rows, size.columns() - 1)));
        before = now;
        Thread.sleep(1_000L * intervalSeconds);
      }
    }
  }

  private void plain(StatusClient client, PrintWriter out) throws InterruptedException {
    JsonNode before = null;
    while (true) {
      JsonNode now = client.read();
      TopScreen.lines(new StatusDifference(before, now), rows).forEach(out::println);
      out.println();
      out.flush();
      if (once) {
        return;
      }
      before = now;
      Thread.sleep(1_000L * intervalSeconds);
    }
  }
}
