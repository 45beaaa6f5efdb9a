package dev.tensafe.runtime.settings;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tensafe.formats.NearestName;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** A YAML file that holds a command's settings by the names of its options. Stateless. */
final class SettingsFile {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private SettingsFile() {}

  /**
   * Reads a file.
   *
   * @return texts by key; a list is joined by commas
   * @throws ConfigException {@code config.file}, or {@code config.<key>} for a key that is not
   *     known or a value that is no text and no list
   */
  static Map<String, String> read(Path path, CommandSpec command) {
    JsonNode root;
    try {
      root = MAPPER.readTree(Files.readString(path));
    } catch (MalformedInputException e) {
      throw new ConfigException("config.file", path + " is not UTF-8", e);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      boolean twice = e.getOriginalMessage().startsWith("Duplicate field");
      throw new ConfigException(
          "config.file",
          path
              + (twice ? " has a key twice" : " is not valid YAML")
              + (at == null ? "" : " (line " + at.getLineNr() + ")"));
    } catch (IOException e) {
      throw new ConfigException("config.file", "cannot read " + path, e);
    }
    if (root == null || root.isMissingNode() || root.isNull()) {
      return Map.of();
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
    refuseUnknown(path, root, known);
    Map<String, String> values = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : root.properties()) {
      if (entry.getValue().isArray() && !takesSeveral(command, entry.getKey())) {
        throw new ConfigException(
            "config." + entry.getKey(),
            path + ": " + entry.getKey() + " is a list; it must be one value");
      }
      values.put(entry.getKey(), text(path, entry.getKey(), entry.getValue()));
    }
    return values;
  }

  private static boolean takesSeveral(CommandSpec command, String key) {
    return command.options().stream()
        .filter(option -> SettingsProvider.key(option).equals(key))
        .anyMatch(CommandLine.Model.OptionSpec::isMultiValue);
  }

  private static void refuseUnknown(Path path, JsonNode root, Set<String> known) {
    List<String> unknown = new ArrayList<>();
    root.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(known);
    if (!unknown.isEmpty()) {
      throw new ConfigException(
          "config." + unknown.get(0),
          path
              + " holds what is no setting: "
              + unknown.stream()
                  .map(key -> NearestName.hint(key, known))
                  .collect(Collectors.joining(", ")));
    }
  }

  private static String text(Path path, String key, JsonNode value) {
    boolean list = value.isArray();
    boolean values = list || isValue(value);
    for (JsonNode entry : value) {
      values &= isValue(entry);
    }
    if (!values) {
      throw new ConfigException(
          "config." + key,
          path
              + ": "
              + key
              + " is "
              + (value.isNull() ? "empty" : "a " + (list ? "list of lists or mappings" : "mapping"))
              + "; it must be a single value or a list of values");
    }
    return list
        ? StreamSupport.stream(value.spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.joining(","))
        : value.asText();
  }

  private static boolean isValue(JsonNode node) {
    return node.isValueNode() && !node.isNull();
  }
}
