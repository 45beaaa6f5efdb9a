package dev.tensafe.runtime.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The user's cache, wherever the environment says it is. */
class CacheDirectoryTest {
  private static Optional<Path> of(@Nullable String xdg, @Nullable String home) {
    return CacheDirectory.of(xdg == null ? Map.of() : Map.of("XDG_CACHE_HOME", xdg), home);
  }

  @Test
  void variableWinsOverHome() {
    assertEquals(Optional.of(Path.of("/c/tensafe")), of("/c", "/home/u"));
    assertEquals(Optional.of(Path.of("/c/tensafe")), of("/c", null));
    assertEquals(Optional.of(Path.of("/home/u/.cache/tensafe")), of(null, "/home/u"));
  }

  @Test
  void pathThatIsNotAbsoluteIsNone() {
    for (String none : new String[] {"", "cache", "./cache", "\0"}) {
      assertEquals(Optional.of(Path.of("/home/u/.cache/tensafe")), of(none, "/home/u"));
    }
    for (String none : new String[] {null, "", "?", "home"}) {
      assertEquals(Optional.empty(), of(null, none));
    }
  }
}
