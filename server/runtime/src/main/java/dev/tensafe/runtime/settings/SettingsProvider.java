package dev.tensafe.runtime.settings;

import dev.tensafe.runtime.ConfigException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values for flags that were not given: the command's own variable of the environment, then its
 * YAML file, then the flag's own default. So a flag wins over the environment, and the environment
 * over the file. The default of {@code --cache-dir} is the user's ({@link CacheDirectory}). For one
 * thread.
 */
public final class SettingsProvider implements IDefaultValueProvider {
  private final Variables variables;
  private final @Nullable String cacheDirectory;
  private @Nullable CommandSpec owner;
  private Map<String, String> file = Map.of();
  private String fileName = "";
  private @Nullable ArgSpec asked;
  private @Nullable String askedOrigin;

  /**
   * @param home of the user, for the cache directory; null if there is none
   */
  SettingsProvider(Map<String, String> environment, @Nullable String home) {
    variables = new Variables(environment);
    cacheDirectory = CacheDirectory.of(environment, home).map(Path::toString).orElse(null);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    asked = argument;
    askedOrigin = null;
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    askedOrigin = source(option).orElse(null);
    String value = variables.value(option);
    if (value != null) {
      return value;
    }
    String setting = ofFile(option);
    return setting == null && key(option).equals("cache-dir") ? cacheDirectory : setting;
  }

  private @Nullable String ofFile(OptionSpec option) {
    return option.command() == owner ? file.get(key(option)) : null;
  }

  /** The variable or the file that gives an option its value if no flag does. */
  Optional<String> source(OptionSpec option) {
    if (variables.value(option) != null) {
      return Optional.ofNullable(Variables.name(option));
    }
    return ofFile(option) == null ? Optional.empty() : Optional.of(fileName);
  }

  /**
   * Where the value of an argument came from that could not be converted: defaults are converted as
   * soon as they are given, so it is the last one that was asked for, or else a flag.
   */
  Optional<String> origin(ArgSpec argument) {
    return argument == asked ? Optional.ofNullable(askedOrigin) : Optional.empty();
  }

  /** A variable by its name; a key with its file. */
  static String place(OptionSpec option, String origin) {
    return origin.equals(Variables.name(option)) ? origin : origin + ": " + key(option);
  }

  /**
   * Reads a YAML file of settings for a command; no other command gets them.
   *
   * @throws ConfigException {@code config.file}, or {@code config.<key>} for a key that is not
   *     known
   */
  public void load(Path path, CommandSpec command) {
    file = SettingsFile.read(path, command);
    fileName = path.toString();
    owner = command;
  }

  /** See {@link Variables#unknown}. */
  Optional<ConfigException> unknownVariables(CommandSpec command) {
    return variables.unknown(command);
  }

  static String key(OptionSpec option) {
    return option.longestName().replaceFirst("^--", "");
  }
}
