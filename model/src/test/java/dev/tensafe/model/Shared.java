package dev.tensafe.model;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The shared inputs beside the checkout; tests that need them skip, saying so, where absent. */
public final class Shared {
  private Shared() {}

  public static Path path(String relative) {
    String configured = System.getenv("TENSAFE_SHARED");
    Path root = configured == null ? Path.of("..", "..", "shared") : Path.of(configured);
    Path path = root.resolve(relative);
    boolean there = Files.exists(path);
    if (!there) {
      System.out.println("SKIPPED: shared/" + relative + " is not beside the checkout");
    }
    assumeTrue(there, "shared/" + relative + " is not beside the checkout");
    return path;
  }

  public static JsonNode json(String relative) throws IOException {
    return new ObjectMapper().readTree(path(relative).toFile());
  }
}
