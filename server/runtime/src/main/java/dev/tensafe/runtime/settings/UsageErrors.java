package dev.tensafe.runtime.settings;

import dev.tensafe.formats.NearestName;
import dev.tensafe.formats.Quoted;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * One line for what is wrong with a command line, or with the value that a variable or a file gives
 * an option: the place, the name, the value, and what would be right. Codes: {@code config.<key>}
 * for a value, {@code usage.*} for the rest. Stateless.
 */
final class UsageErrors {
  private UsageErrors() {}

  /**
   * The line.
   *
   * @param args of the program
   */
  static String line(ParameterException error, SettingsProvider settings, String[] args) {
    CommandSpec command = error.getCommandLine().getCommandSpec();
    if (error instanceof UnmatchedArgumentException unmatched) {
      return unknown(command, unmatched.getUnmatched().get(0));
    }
    if (error instanceof MissingParameterException missing) {
      // a mistyped option may be why another is missing
      return mistyped(command, args)
          .map(name -> unknown(command, name))
          .orElseGet(() -> missing(command, missing, args));
    }
    ArgSpec argument = error.getArgSpec();
    String value = error.getValue();
    if (argument != null && value != null) {
      return value(argument, value, settings.origin(argument));
    }
    return "usage.invalid: " + firstLine(error);
  }

  private static String value(ArgSpec argument, String value, Optional<String> origin) {
    String name = name(argument);
    String place =
        argument instanceof OptionSpec option && origin.isPresent()
            ? SettingsProvider.place(option, origin.get())
            : name;
    return (argument instanceof OptionSpec
            ? "config." + name.replaceFirst("^-+", "")
            : "usage.argument")
        + ": "
        + place
        + " is "
        + Quoted.of(value)
        + "; it must be "
        + right(argument, value);
  }

  /** What a value of the argument's type looks like. */
  private static String right(ArgSpec argument, String value) {
    if (Map.class.isAssignableFrom(argument.type())) {
      return "of the form " + argument.paramLabel();
    }
    Class<?> type = argument.isMultiValue() ? argument.auxiliaryTypes()[0] : argument.type();
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
          .collect(Collectors.joining(" or "));
    }
    boolean isInt = type == int.class || type == Integer.class;
    if (isInt || type == long.class || type == Long.class) {
      if (value.matches("[+-]?[0-9]+")) {
        return "a whole number, at most " + (isInt ? Integer.MAX_VALUE : Long.MAX_VALUE);
      }
      String standard = argument.defaultValue();
      return "a whole number" + (standard == null ? "" : ", such as " + standard);
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    if (type != Path.class) {
      return "of the form " + argument.paramLabel();
    }
    String encoding = System.getProperty("sun.jnu.encoding", "");
    return encoding.equals("UTF-8")
        ? "a path"
        : "a path in the characters of this locale (" + encoding + "); LC_ALL=C.UTF-8 has all";
  }

  private static String missing(
      CommandSpec command, MissingParameterException error, String[] args) {
    List<ArgSpec> missing = error.getMissing();
    if (missing.isEmpty() || missing.stream().anyMatch(argument -> argument.group() != null)) {
      return "usage.missing: " + firstLine(error) + help(command);
    }
    boolean named =
        missing.size() == 1
            && missing.get(0) instanceof OptionSpec option
            && Arrays.stream(option.names()).anyMatch(List.of(args)::contains);
    return "usage.missing: "
        + command.name()
        + " needs "
        + (named ? "a value after " : "")
        + missing.stream().map(UsageErrors::name).collect(Collectors.joining(", "))
        + help(command);
  }

  private static String unknown(CommandSpec command, String given) {
    String kind;
    String hint;
    if (given.startsWith("-")) {
      kind = "option ";
      String name = given.replaceFirst("=.*", "");
      hint =
          NearestName.of(name, command.optionsMap().keySet())
              .map(nearest -> Quoted.bare(name) + " (did you mean " + nearest + "?)")
              .orElse(Quoted.bare(name));
    } else if (!command.subcommands().isEmpty()) {
      kind = "subcommand ";
      hint =
          NearestName.of(given, command.subcommands().keySet())
              .map(nearest -> Quoted.of(given) + " (did you mean " + nearest + "?)")
              .orElse(Quoted.of(given));
    } else {
      kind = "use for the argument ";
      hint = Quoted.of(given);
    }
    return "usage.unknown: " + command.name() + " has no " + kind + hint + help(command);
  }

  private static Optional<String> mistyped(CommandSpec command, String[] args) {
    return Arrays.stream(args)
        .takeWhile(arg -> !arg.equals("--"))
        .filter(arg -> arg.startsWith("--"))
        .map(arg -> arg.replaceFirst("=.*", ""))
        .filter(arg -> !command.optionsMap().containsKey(arg))
        .findFirst();
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  private static String help(CommandSpec command) {
    return "; see " + command.qualifiedName() + " --help";
  }

  private static String firstLine(@Nullable Throwable error) {
    String message = String.valueOf(error == null ? null : error.getMessage());
    return message.lines().findFirst().orElse("").replaceFirst("^Error: ", "");
  }
}
