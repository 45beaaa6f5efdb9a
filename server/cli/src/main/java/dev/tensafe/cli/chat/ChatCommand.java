package dev.tensafe.cli.chat;

import dev.tensafe.cli.remote.RemoteServer;
import dev.tensafe.cli.training.Terminal;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe chat}. */
@Command(
    name = "chat",
    description = {
      "Talks to a server in the terminal; every line is a message, /new begins anew.",
      "Ctrl-C ends an answer, Ctrl-D the conversation. Lines may also come from a pipe."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ChatCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private RemoteServer server = new RemoteServer();

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "model or adapter; the server's base model if not given")
  private @Nullable String model;

  @Option(names = "--system", paramLabel = "TEXT", description = "what the model is told first")
  private @Nullable String system;

  @Option(names = "--temperature", paramLabel = "N", description = "the server's if not given")
  private @Nullable Double temperature;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "most tokens of an answer; what the model has room for if not given")
  private @Nullable Integer maxTokens;

  @Override
  public Integer call() {
    ChatClient client = new ChatClient(server.http(), server.address(), server.apiKey());
    List<String> known = client.models();
    String given = model;
    if (given != null && !known.contains(given) && known.stream().noneMatch(base(given)::equals)) {
      throw ChatClient.unknownModel(given, known);
    }
    String named = given == null ? known.get(0) : given;
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    boolean terminal = Terminal.attached();
    if (terminal) {
      err.println("talking to " + named + "; Ctrl-C ends an answer, Ctrl-D the conversation");
    }
    Conversation talk = new Conversation(client, named, system, temperature, maxTokens);
    return new ChatLoop(talk, client, terminal, out, err).run(System.in);
  }

  /** The adapter of {@code base:adapter}. */
  private static String base(String name) {
    return name.substring(name.indexOf(':') + 1);
  }
}
