package dev.tensafe.runtime.settings;

import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code completion}: a script that completes the program's commands and options in a shell. */
@Command(
    name = "completion",
    description = {
      "Prints a script that completes commands, options and files in a shell:",
      "source <(tensafe completion bash)"
    },
    mixinStandardHelpOptions = true)
public final class CompletionCommand implements Runnable {
  /** The shells there is a script for; it is the same one, which asks which of them runs it. */
  enum Shell {
    BASH,
    ZSH
  }

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(index = "0", paramLabel = "bash|zsh", description = "the shell")
  private Shell shell = Shell.BASH;

  @Override
  public void run() {
    CommandSpec program = spec.root();
    String script = AutoComplete.bash(program.name(), program.commandLine());
    spec.commandLine()
        .getOut()
        .println("# " + shell.name().toLowerCase(Locale.ROOT) + "\n" + script);
  }
}
