package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** An OpenAPI document of docs/api, to hold a server against. Schemas are compiled once. */
final class ApiSpec {
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  private final JsonNode root;
  private final String location;
  private final SchemaRegistry registry;
  private final Map<String, Schema> compiled = new ConcurrentHashMap<>();

  private ApiSpec(JsonNode root, String location) {
    this.root = root;
    this.location = location;
    this.registry =
        SchemaRegistry.withDialect(
            Dialects.getOpenApi31(), builder -> builder.schemas(Map.of(location, root.toString())));
  }

  /** Reads a document of docs/api. */
  static ApiSpec read(String file) {
    try {
      String text = Files.readString(Checkout.root().resolve("docs/api").resolve(file));
      return new ApiSpec(new YAMLMapper().readTree(text), "https://tensafe.invalid/" + file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonNode root() {
    return root;
  }

  /** {@code POST /v1/completions} and the pointer of its operation. */
  Map<String, String> operations() {
    Map<String, String> out = new TreeMap<>();
    root.path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (METHODS.contains(method)) {
                            out.put(
                                method.toUpperCase(Locale.ROOT) + " " + path.getKey(),
                                "/paths/" + escaped(path.getKey()) + "/" + method);
                          }
                        }));
    return out;
  }

  /** The pointer of a node, with the reference it may be followed. */
  String resolve(String pointer) {
    JsonNode node = root.at(pointer);
    assertFalse(node.isMissingNode(), pointer + " is not in " + location);
    return node.has("$ref") ? resolve(node.path("$ref").asText().substring(1)) : pointer;
  }

  JsonNode at(String pointer) {
    return root.at(resolve(pointer));
  }

  /** What is wrong with a value, by the schema at a pointer; empty if nothing is. */
  List<String> errors(String pointer, JsonNode value) {
    Schema schema =
        compiled.computeIfAbsent(
            pointer, p -> registry.getSchema(SchemaLocation.of(location + "#" + p)));
    return schema.validate(value.toString(), InputFormat.JSON).stream()
        .map(e -> e.getInstanceLocation() + ": " + e.getMessage())
        .toList();
  }

  /**
   * The properties of a request's schema, those of {@code allOf} included, with pointers to every
   * schema of each.
   */
  Map<String, List<String>> properties(String pointer) {
    Map<String, List<String>> out = new TreeMap<>();
    String at = resolve(pointer);
    for (int i = 0; i < root.at(at).path("allOf").size(); i++) {
      properties(at + "/allOf/" + i)
          .forEach((k, v) -> out.merge(k, v, (a, b) -> List.copyOf(concat(a, b))));
    }
    root.at(at)
        .path("properties")
        .fieldNames()
        .forEachRemaining(
            name ->
                out.merge(
                    name,
                    List.of(at + "/properties/" + escaped(name)),
                    (a, b) -> List.copyOf(concat(a, b))));
    return out;
  }

  private static Set<String> concat(List<String> a, List<String> b) {
    Set<String> out = new TreeSet<>(a);
    out.addAll(b);
    return out;
  }

  static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
