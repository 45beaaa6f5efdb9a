package dev.tensafe.testkit;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the project lies: tests run in the directory of their module. */
public final class Checkout {
  private Checkout() {}

  /**
   * The directory that holds the launcher.
   *
   * @throws IllegalStateException outside of a checkout
   */
  public static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isRegularFile(at.resolve("tensafe"))) {
        return at;
      }
    }
    throw new IllegalStateException(start + " is not inside a checkout");
  }
}
