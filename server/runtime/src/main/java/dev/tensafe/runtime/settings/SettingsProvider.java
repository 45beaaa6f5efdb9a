package dev.tensafe.runtime.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values for flags that were not given: the environment ({@code TENSAFE_MAX_MODEL_LEN} for {@code
 * --max-model-len}), then the YAML file, then the flag's own default. So a flag wins over the
 * environment, and the environment over the file.
 */
public final class SettingsProvider implements IDefaultValueProvider {
  private final Map<String, String> environment;
  private Map<String, String> file = Map.of();

  public SettingsProvider(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || option.usageHelp() || option.versionHelp()) {
      return null;
    }
    String key = key(option);
    String value = environment.get("TENSAFE_" + key.toUpperCase(Locale.ROOT).replace('-', '_'));
    return value != null ? value : file.get(key);
  }

  /** The file the environment names, if any. */
  public @Nullable Path environmentFile() {
    String value = environment.get("TENSAFE_CONFIG");
    return value == null ? null : Path.of(value);
  }

  private static String key(OptionSpec option) {
    return option.longestName().replaceFirst("^--", "");
  }

  /**
   * Reads a YAML file of settings for a command.
   *
   * @throws ConfigException {@code config.file}, or {@code config.<key>} for a key that is not
   *     known
   */
  public void load(Path path, CommandSpec command) {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(Files.readString(path));
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new ConfigException(
          "config.file",
          path + " is not valid YAML" + (at == null ? "" : " (line " + at.getLineNr() + ")"));
    } catch (IOException e) {
      throw new ConfigException("config.file", "cannot read " + path, e);
    }
    if (root == null || root.isMissingNode() || root.isNull()) {
      return;
    }
    if (!root.isObject()) {
      throw new ConfigException("config.file", path + " must hold a mapping of settings");
    }
    Set<String> known =
        command.options().stream()
            .filter(o -> !o.usageHelp() && !o.versionHelp())
            .map(SettingsProvider::key)
            .filter(key -> !key.equals("config"))
            .collect(Collectors.toSet());
    Map<String, String> values = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (!known.contains(entry.getKey())) {
        throw new ConfigException(
            "config." + entry.getKey(), path + " holds the unknown key '" + entry.getKey() + "'");
      }
      values.put(entry.getKey(), text(entry.getKey(), entry.getValue()));
    }
    file = values;
  }

  private static String text(String key, JsonNode value) {
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false)
          .map(JsonNode::asText)
          .collect(Collectors.joining(","));
    }
    if (!value.isValueNode() || value.isNull()) {
      throw new ConfigException("config." + key, "'" + key + "' must be a single value or a list");
    }
    return value.asText();
  }
}
