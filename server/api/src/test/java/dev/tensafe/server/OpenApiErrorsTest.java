package dev.tensafe.server;

import static java.util.stream.Collectors.toCollection;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.server.openai.ApiException;
import dev.tensafe.testkit.Checkout;
import dev.tensafe.tssp.TsspException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every error code and header that the sources can emit is documented, and no other. */
class OpenApiErrorsTest {
  private static final Path ROOT = Checkout.root();
  private static final ApiSpec SPEC = ApiSpec.read("openapi.yaml");
  private static ErrorCodeScan scan;

  @BeforeAll
  static void read() throws Exception {
    scan =
        ErrorCodeScan.of(
            ROOT.resolve("server/api/src/main/java"),
            ROOT.resolve("batching/src/main/java"),
            ROOT.resolve("model/chat-template/src/main/java"));
  }

  @Test
  void everyCodeWithItsStatusAndTypeIsDocumented() {
    Set<String> emitted = new TreeSet<>(scan.codes);
    for (AdapterException.Reason reason : AdapterException.Reason.values()) {
      emitted.add(text(ApiException.of(new AdapterException(reason, "x"))));
    }
    for (TsspException.Reason reason : TsspException.Reason.values()) {
      emitted.add(text(ApiException.of(new TsspException(reason, "x"))));
    }
    scan.constructed("EngineException").stream()
        .filter(s -> s.contains("Kind.INVALID "))
        .forEach(s -> emitted.add("400 invalid_request_error " + s.split(" ")[1]));
    scan.constructed("TemplateException")
        .forEach(s -> emitted.add("400 invalid_request_error " + s));
    Set<String> documented = new TreeSet<>();
    SPEC.root()
        .path("x-error-codes")
        .properties()
        .forEach(
            e ->
                documented.add(
                    e.getValue().path("status").asText()
                        + " "
                        + e.getValue().path("type").asText()
                        + " "
                        + e.getKey()));
    assertEquals(emitted, documented);
  }

  /** Codes that are no literals: the enums and constructors above, or a component's own. */
  @Test
  void codesComeFromNowhereElse() {
    assertEquals(
        Set.of(
            "AdapterErrors: code(error)",
            // the same error in other words
            "ApiException: code",
            "ApiException: coded.code()",
            // four that the parsers here give too
            "ChatRequest: e.code()",
            "ApiException: engine.code()",
            "ApiException: template.code()",
            // what is no HTTP: below
            "RequestGuard: fault.code()"),
        scan.dynamic);
    Set<String> failed =
        scan.constructed("EngineException").stream()
            .filter(s -> s.contains("Kind.FAILED "))
            .map(s -> s.split(" ")[1])
            .collect(toCollection(TreeSet::new));
    assertTrue(failed.size() > 2, failed.toString());
    for (String code : failed) {
      assertEquals(
          List.of(), SPEC.errors("/components/schemas/ComponentCode", new TextNode(code)), code);
    }
  }

  /** What is refused before any route is described in prose. */
  @Test
  void everyFaultOfFramingIsDescribed() throws Exception {
    String prose = SPEC.root().at("/info/description").asText();
    Matcher codes =
        Pattern.compile("(?:WireFault\\.bad\\(|new WireFault\\(\\s*\\d+,)\\s*\"(\\w+)\"")
            .matcher("");
    Set<String> found = new TreeSet<>();
    Path directory = ROOT.resolve("server/api/src/main/java/dev/tensafe/server/wire");
    for (String file : List.of("RequestHead", "ChunkedBody", "LineReader", "RequestGuard")) {
      codes.reset(Files.readString(directory.resolve(file + ".java")));
      while (codes.find()) {
        found.add(codes.group(1));
      }
    }
    assertTrue(found.size() > 10, found.toString());
    found.forEach(code -> assertTrue(prose.contains("`" + code + "`"), code));
  }

  private static String text(ApiException error) {
    return error.status() + " " + error.type() + " " + error.code();
  }

  @Test
  void everyCodeStandsAtAnAnswerOfItsStatus() {
    Map<String, Set<String>> statuses = new TreeMap<>();
    SPEC.operations()
        .forEach(
            (operation, pointer) ->
                SPEC.root()
                    .at(pointer)
                    .path("responses")
                    .fieldNames()
                    .forEachRemaining(
                        status ->
                            SPEC.at(pointer + "/responses/" + status)
                                .findValues("enum")
                                .forEach(
                                    list ->
                                        list.forEach(
                                            code ->
                                                statuses
                                                    .computeIfAbsent(
                                                        code.asText(), c -> new TreeSet<>())
                                                    .add(status)))));
    Map.of(
            "UnknownUrl", "404",
            "MethodNotAllowed", "405",
            "MalformedTarget", "400",
            "OriginNotAllowed", "403",
            "ExpectationFailed", "417")
        .forEach(
            (name, status) ->
                SPEC.at("/components/responses/" + name)
                    .findValue("enum")
                    .forEach(code -> statuses.put(code.asText(), Set.of(status))));
    Map<String, Set<String>> table = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : SPEC.root().path("x-error-codes").properties()) {
      table.put(e.getKey(), Set.of(e.getValue().path("status").asText()));
    }
    assertEquals(table, statuses);
  }

  @Test
  void everyHeaderAndParameterIsDocumented() {
    Set<String> answered = new TreeSet<>(scan.namesGivenTo("putHeader"));
    answered.removeAll(Set.of("content-type", "content-length"));
    // set by the router's own handler
    answered.add("access-control-allow-origin");
    answered.add("access-control-expose-headers");
    Set<String> headers = new TreeSet<>();
    SPEC.root()
        .findValues("headers")
        .forEach(
            h -> h.fieldNames().forEachRemaining(n -> headers.add(n.toLowerCase(Locale.ROOT))));
    SPEC.root()
        .path("components")
        .path("headers")
        .fieldNames()
        .forEachRemaining(n -> headers.remove(n.toLowerCase(Locale.ROOT)));
    assertEquals(answered, headers);

    Set<String> read = new TreeSet<>(scan.namesGivenTo("getHeader"));
    // the key is a security scheme, OpenAPI wants none for accept, the others describe the body
    read.removeAll(
        Set.of(
            "accept",
            "authorization",
            "x-api-key",
            "content-type",
            "content-length",
            "content-encoding",
            "transfer-encoding",
            "expect",
            // that of CORS
            "origin"));
    assertEquals(read, parameters("header"));
    assertEquals(scan.namesGivenTo("getParam"), parameters("query"));
  }

  private static Set<String> parameters(String in) {
    Set<String> out = new TreeSet<>();
    SPEC.operations()
        .values()
        .forEach(
            pointer -> {
              for (int i = 0; i < SPEC.root().at(pointer).path("parameters").size(); i++) {
                JsonNode parameter = SPEC.at(pointer + "/parameters/" + i);
                if (parameter.path("in").asText().equals(in)) {
                  out.add(parameter.path("name").asText().toLowerCase(Locale.ROOT));
                }
              }
            });
    return out;
  }
}
