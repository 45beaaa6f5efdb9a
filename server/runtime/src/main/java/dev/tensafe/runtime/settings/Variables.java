package dev.tensafe.runtime.settings;

import dev.tensafe.formats.NearestName;
import dev.tensafe.runtime.ConfigException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The variables of the environment, each of which belongs to one command ({@link FromEnvironment})
 * or to none. Values are never printed. Immutable.
 */
final class Variables {
  private static final String COMMON_PREFIX = "TENSAFE_";
  private static final int MAX_PRINTED = 80;

  private final Map<String, String> environment;

  Variables(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** What the environment says of an option; null if nothing, or if its command reads none. */
  @Nullable String value(OptionSpec option) {
    String name = name(option);
    return name == null ? null : environment.get(name);
  }

  /** The variable that gives an option; null if its command reads none. */
  static @Nullable String name(OptionSpec option) {
    FromEnvironment read = annotation(option.command());
    if (read == null || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    return read.prefix() + SettingsProvider.key(option).toUpperCase(Locale.ROOT).replace('-', '_');
  }

  /**
   * What is wrong with the environment of a command.
   *
   * @return an error {@code config.environment} that names all variables nobody knows; empty if
   *     there are none, or if the command reads no variable
   */
  Optional<ConfigException> unknown(CommandSpec command) {
    FromEnvironment read = annotation(command);
    if (read == null) {
      return Optional.empty();
    }
    Set<String> known = known(command.root());
    Set<String> unknown = new TreeSet<>(environment.keySet());
    unknown.removeIf(name -> !name.startsWith(COMMON_PREFIX) || known.contains(name));
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new ConfigException(
                "config.environment",
                "no command knows "
                    + unknown.stream()
                        .map(name -> hint(name, read.prefix(), known))
                        .collect(Collectors.joining(", "))
                    + "; see docs/CONFIGURATION.md"));
  }

  /** A name whose only fault is that it lacks the command's prefix is nearest with it. */
  private static String hint(String name, String prefix, Set<String> known) {
    String prefixed = prefix + name.substring(COMMON_PREFIX.length());
    return known.contains(prefixed)
        ? name + " (did you mean " + prefixed + "?)"
        : NearestName.hint(printable(name), known);
  }

  private static String printable(String name) {
    String text = name.length() > MAX_PRINTED ? name.substring(0, MAX_PRINTED) + "…" : name;
    return text.replaceAll("[^A-Za-z0-9_…]", "?");
  }

  private static Set<String> known(CommandSpec root) {
    Set<String> known = new TreeSet<>(KnownVariables.SERVE);
    known.addAll(KnownVariables.OTHERS);
    addWithSubcommands(root, known);
    return known;
  }

  private static void addWithSubcommands(CommandSpec command, Set<String> known) {
    known.addAll(of(command));
    for (CommandLine subcommand : command.subcommands().values()) {
      addWithSubcommands(subcommand.getCommandSpec(), known);
    }
  }

  /** All variables of a command; none if it reads none. */
  static Set<String> of(CommandSpec command) {
    Set<String> names = new TreeSet<>();
    for (OptionSpec option : command.options()) {
      String name = name(option);
      if (name != null) {
        names.add(name);
      }
    }
    return names;
  }

  private static @Nullable FromEnvironment annotation(CommandSpec command) {
    return command.userObject() == null
        ? null
        : command.userObject().getClass().getAnnotation(FromEnvironment.class);
  }
}
