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

  /**
   * @param home of the user, for the cache directory; null if there is none
   */
  SettingsProvider(Map<String, String> environment, @Nullable String home) {
    variables = new Variables(environment);
    cacheDirectory = CacheDirectory.of(environment, home).map(Path::toString).orElse(null);
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    String value = variables.value(option);
    if (value != null) {
      return value;
    }
    String setting = option.command() == owner ? file.get(key(option)) : null;
    return setting == null && key(option).equals("cache-dir") ? cacheDirectory : setting;
  }

  /**
   * Reads a YAML file of settings for a command; no other command gets them.
   *
   * @throws ConfigException {@code config.file}, or {@code config.<key>} for a key that is not
   *     known
   */
  public void load(Path path, CommandSpec command) {
    file = SettingsFile.read(path, command);
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
