package dev.tensafe.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The shared inputs beside the checkout, or where {@code TENSAFE_SHARED} says. A test that needs
 * one skips where it is absent and prints the reason.
 */
public final class Shared {
  private Shared() {}

  /**
   * A shared file or directory; skips the calling test if it is not there.
   *
   * @param relative its path inside the shared directory
   */
  public static Path path(String relative) {
    Path path = directory().resolve(relative);
    boolean there = Files.exists(path);
    if (!there) {
      System.out.println("SKIPPED: shared/" + relative + " is not beside the checkout");
    }
    assumeTrue(there, "shared/" + relative + " is not beside the checkout");
    return path;
  }

  /** A shared JSON file; skips like {@link #path}. */
  public static JsonNode json(String relative) throws IOException {
    return new ObjectMapper().readTree(path(relative).toFile());
  }

  /** Where they lie, or would. */
  public static Path directory() {
    String configured = System.getenv("TENSAFE_SHARED");
    return configured != null ? Path.of(configured) : Checkout.root().resolveSibling("shared");
  }
}
