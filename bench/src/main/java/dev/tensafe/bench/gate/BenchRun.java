package dev.tensafe.bench.gate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.bench.BenchException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * The figures of one run, with what they depend on beside the code. Immutable.
 *
 * @param processor the model name the system tells
 * @param processors cores the run could use
 * @param kernels which native kernels ran
 * @param java version of the Java platform
 * @param nanos figures by name, each a time in ns: less is better
 */
public record BenchRun(
    String processor, int processors, String kernels, String java, Map<String, Double> nanos) {
  private static final String FORMAT = "tensafe-bench-run/v1";

  public BenchRun {
    nanos = Collections.unmodifiableMap(new TreeMap<>(nanos));
  }

  /**
   * Reads a stored run.
   *
   * @throws BenchException {@code bench.stored_run} when the file is not one
   * @throws dev.tensafe.formats.FormatException {@code bench.*} when it is missing or no JSON
   */
  public static BenchRun read(Path file) {
    JsonNode root = Json.readObject(file, "bench");
    if (!root.path("format").asText().equals(FORMAT)) {
      throw malformed(file, "its format is not " + FORMAT);
    }
    for (String name : new String[] {"processor", "kernels", "java"}) {
      if (!root.path(name).isTextual()) {
        throw malformed(file, "'" + name + "' is not a text");
      }
    }
    if (!root.path("processors").isInt()) {
      throw malformed(file, "'processors' is not a number");
    }
    JsonNode figures = root.path("nanos");
    if (!figures.isObject() || figures.isEmpty()) {
      throw malformed(file, "'nanos' holds no figure");
    }
    Map<String, Double> nanos = new TreeMap<>();
    for (Map.Entry<String, JsonNode> figure : figures.properties()) {
      double value = figure.getValue().isNumber() ? figure.getValue().doubleValue() : 0;
      if (!(value > 0) || Double.isInfinite(value)) {
        throw malformed(file, "'" + figure.getKey() + "' is no time above 0");
      }
      nanos.put(figure.getKey(), value);
    }
    return new BenchRun(
        root.path("processor").textValue(),
        root.path("processors").intValue(),
        root.path("kernels").textValue(),
        root.path("java").textValue(),
        nanos);
  }

  private static BenchException malformed(Path file, String what) {
    return new BenchException("bench.stored_run", file + " is no stored run: " + what, null);
  }

  /**
   * Writes the run in place of an earlier one.
   *
   * @throws BenchException {@code bench.stored_run} when it cannot be written
   */
  public void write(Path file) {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("format", FORMAT).put("processor", processor).put("processors", processors);
    root.put("kernels", kernels).put("java", java);
    ObjectNode figures = root.putObject("nanos");
    nanos.forEach((name, value) -> figures.put(name, Math.round(value * 1000) / 1000.0));
    try {
      String text = mapper.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
      AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new BenchException("bench.stored_run", "cannot write " + file, e);
    }
  }
}
