package dev.tensafe.runtime.settings;

import static java.util.Objects.requireNonNull;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.file.NoSpace;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.log.LogSetup;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * What the command lines of all programs share: exit 0 for success, 1 for refused or failed (one
 * line on standard error), 2 for wrong usage.
 */
public final class CommandLines {
  private static final String FULL = "there is no space left on the disk";

  private CommandLines() {}

  /**
   * A command line with its error handling and its settings from the environment.
   *
   * @param program the annotated top-level command
   * @param environment the variables, by name; those of commands with {@link FromEnvironment} are
   *     read
   */
  public static CommandLine of(Object program, Map<String, String> environment) {
    requireNonNull(program, "program is null");
    CommandLine line = new CommandLine(program);
    line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    SettingsProvider settings = new SettingsProvider(environment, System.getProperty("user.home"));
    line.setDefaultValueProvider(settings);
    line.setExecutionStrategy(parsed -> execute(parsed, settings));
    line.setParameterExceptionHandler(wrongUsage(settings));
    line.setExecutionExceptionHandler(
        (error, command, parsed) -> {
          if (error instanceof CodedException coded) {
            print(coded, command, origin(coded, parsed, settings));
          } else if (NoSpace.causes(error)) {
            command.getErr().println("storage.full: " + FULL);
          } else {
            LoggerFactory.getLogger(CommandLines.class).error("failed unexpectedly", error);
            command.getErr().println("internal: " + error.getClass().getName());
          }
          return 1;
        });
    return line;
  }

  /** Runs the last command given, unless a variable that it might have read is unknown. */
  private static int execute(ParseResult parsed, SettingsProvider settings) {
    ParseResult last = parsed;
    boolean help = parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested();
    while (last.hasSubcommand()) {
      last = last.subcommand();
      help |= last.isUsageHelpRequested() || last.isVersionHelpRequested();
    }
    CommandSpec command = last.commandSpec();
    Optional<ConfigException> unknown =
        help ? Optional.empty() : settings.unknownVariables(command);
    if (unknown.isPresent()) {
      throw new ExecutionException(
          command.commandLine(), "the environment is refused", unknown.get());
    }
    return new RunLast().execute(parsed);
  }

  /** A mistyped variable may be why an option is missing: then that is what is said. */
  private static IParameterExceptionHandler wrongUsage(SettingsProvider settings) {
    return (error, args) -> {
      CommandLine command = error.getCommandLine();
      Optional<ConfigException> unknown =
          error instanceof MissingParameterException
              ? settings.unknownVariables(command.getCommandSpec())
              : Optional.empty();
      if (unknown.isPresent()) {
        print(unknown.get(), command, "");
        return 1;
      }
      if (args.length == 0) {
        // nothing was asked for: what can be
        command.usage(command.getErr());
      } else {
        command.getErr().println(UsageErrors.line(error, settings, args));
      }
      return command.getCommandSpec().exitCodeOnInvalidInput();
    };
  }

  /** The variable or file that set what an error of the form {@code config.<key>} is about. */
  private static String origin(
      CodedException error, ParseResult parsed, SettingsProvider settings) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    OptionSpec option =
        last.commandSpec().findOption(error.code().replaceFirst("^config\\.", "--"));
    return option == null || last.hasMatchedOption(option)
        ? ""
        : settings.source(option).map(place -> "; it is set by " + place).orElse("");
  }

  private static void print(CodedException error, CommandLine command, String origin) {
    String why = NoSpace.causes(error) ? "; " + FULL : "";
    command.getErr().println(error.code() + ": " + error.description() + origin + why);
  }

  /** Runs a program and ends the process with its exit code. */
  public static void run(CommandLine line, String[] args) {
    // of commands that set up nothing of their own, warnings are one line each
    LogSetup.apply(false, Level.WARNING);
    int code = line.execute(args);
    System.out.flush();
    System.err.flush();
    // Not exit(): it runs the static destructors of the tensor library beside its own live threads,
    // which was seen to abort the process after everything was done.
    Runtime.getRuntime().halt(code);
  }
}
