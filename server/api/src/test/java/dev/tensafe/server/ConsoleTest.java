package dev.tensafe.server;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.testkit.Checkout;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console's files: all of them are answered, and none makes markup of a text. */
class ConsoleTest {
  private static final Path FILES = Checkout.root().resolve("server/api/src/main/console");

  private static List<Path> files() throws Exception {
    try (Stream<Path> found = Files.walk(FILES)) {
      return found.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void everyFileIsAnsweredUnderAStrictPolicy(@TempDir Path directory) throws Exception {
    try (TestServer server = TestServer.start(directory)) {
      Set<String> names = new TreeSet<>();
      for (Path file : files()) {
        String name = FILES.relativize(file).toString();
        names.add(name);
        HttpResponse<String> answer = server.get("/console/" + name);
        assertEquals(200, answer.statusCode(), name);
        assertEquals(Files.readString(file), answer.body(), name);
        String policy = answer.headers().firstValue("content-security-policy").orElse("");
        assertTrue(policy.startsWith("default-src 'none'; script-src 'self';"), policy);
        assertFalse(policy.contains("unsafe") || policy.contains("http"), policy);
      }
      assertEquals(Files.readString(FILES.resolve("index.html")), server.get("/").body());
      for (String vendor : List.of("vendor/uPlot.esm.js", "vendor/uPlot.min.css")) {
        assertEquals(200, server.get("/console/" + vendor).statusCode(), vendor);
        names.add(vendor);
      }
      // without a type it is shipped, and not answered
      assertTrue(
          new String(
                  TestServer.class
                      .getResourceAsStream("/dev/tensafe/server/http/console/vendor/LICENSE")
                      .readAllBytes())
              .contains("MIT License"));
      for (String file : List.of("index.html", "js/main.js", "js/chart.js", "js/views/chat.js")) {
        for (String used : uses(file)) {
          assertTrue(names.contains(used), file + " uses " + used);
        }
      }
      for (String no :
          List.of(
              "none.js", "../InferenceServer.class", "js/..%2F..%2Fopenapi.yaml", "js", "js/")) {
        assertEquals(404, server.get("/console/" + no).statusCode(), no);
      }
    }
  }

  /** Browsers say where a page comes from when it posts, also to its own server. */
  @Test
  void itsOwnOriginIsLetInWhereOthersAreNamed(@TempDir Path directory) throws Exception {
    try (TestServer server = TestServer.start(directory)) {
      String own = server.uri("").toString();
      assertEquals(200, server.post("/tokenize", "{\"prompt\":\"a\"}", "Origin", own).statusCode());
      for (String other : List.of(own + "1", own.replace("http:", "ftp:"), "null")) {
        assertEquals(403, server.get("/health", "Origin", other).statusCode(), other);
      }
    }
  }

  @Test
  void itCanBeLeftOut(@TempDir Path directory) throws Exception {
    Path model = directory.resolve("model");
    SyntheticModel.write(model, TestServer.shape(), DType.F32, 5);
    try (TestServer server = TestServer.withoutConsole(model)) {
      assertEquals(404, server.get("/").statusCode());
      assertEquals(404, server.get("/console/js/main.js").statusCode());
      assertEquals(200, server.get("/health").statusCode());
      assertEquals(403, server.get("/health", "Origin", server.uri("").toString()).statusCode());
    }
  }

  /** Files that a file names. */
  private static Set<String> uses(String file) throws Exception {
    Set<String> out = new TreeSet<>();
    Path at = FILES.resolve(file);
    Matcher absolute = Pattern.compile("\"/console/([^\"]+)\"").matcher(Files.readString(at));
    while (absolute.find()) {
      out.add(absolute.group(1));
    }
    Matcher relative = Pattern.compile("from '(\\.[^']+)'").matcher(Files.readString(at));
    while (relative.find()) {
      out.add(FILES.relativize(at.getParent().resolve(relative.group(1)).normalize()).toString());
    }
    assertFalse(out.isEmpty(), file);
    return out;
  }

  /** What could run a text as markup or script, or would load from elsewhere. */
  @Test
  void noTextBecomesMarkupAndNothingComesFromElsewhere() throws Exception {
    Pattern forbidden =
        Pattern.compile(
            "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\(|new Function"
                + "|DOMParser|createContextualFragment|srcdoc|javascript:|setAttribute\\('style'"
                + "|style=|\\bon[a-z]+=|<style|<script>|https?://(?!www\\.w3\\.org/2000/svg)|@import");
    for (Path file : files()) {
      Matcher found = forbidden.matcher(Files.readString(file));
      assertFalse(found.find(), () -> file + " has " + found.group());
    }
    assertTrue(forbidden.matcher("x.innerHTML = y").find());
    assertTrue(forbidden.matcher("<p onclick=\"x\">").find());
  }
}
