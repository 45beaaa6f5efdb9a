package dev.tensafe.runtime.settings;

import dev.tensafe.formats.CodedException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * What the command lines of all programs share: exit 0 for success, 1 for refused or failed (one
 * line on standard error), 2 for wrong usage.
 */
public final class CommandLines {
  private CommandLines() {}

  /**
   * A command line with its error handling and its settings from the environment.
   *
   * @param program the annotated top-level command
   */
  public static CommandLine of(Object program) {
    CommandLine line = new CommandLine(program);
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setDefaultValueProvider(new SettingsProvider(System.getenv()));
    line.setExecutionExceptionHandler(
        (error, command, parsed) -> {
          if (error instanceof CodedException coded) {
            command.getErr().println(coded.code() + ": " + coded.description());
          } else {
            LoggerFactory.getLogger(CommandLines.class).error("failed unexpectedly", error);
            command.getErr().println("internal: " + error.getClass().getName());
          }
          return 1;
        });
    return line;
  }

  /** Runs a program and ends the process with its exit code. */
  public static void run(CommandLine line, String[] args) {
    int code = line.execute(args);
    System.out.flush();
    System.err.flush();
    // Not exit(): it runs the static destructors of the tensor library beside its own live threads,
    // which was seen to abort the process after everything was done.
    Runtime.getRuntime().halt(code);
  }
}
