package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose levels of logging are changed while it runs, by a real signal. */
class HangupTest {
  @TempDir Path dir;

  private static boolean isAnswer(String line, String request) {
    return line.contains("AccessLog: POST /v1/completions 200 ") && line.contains(request);
  }

  @Test
  void aHangupReadsTheLevelsAgainAndNothingElseHappens() throws Exception {
    Path levels = Files.writeString(dir.resolve("levels"), "# none\n");
    try (ServeProcess server =
        ServeProcess.start(dir, Map.of(), "--log-levels", levels.toString())) {
      assertEquals(200, server.ask("X-Request-Id", "before").statusCode());
      Files.writeString(levels, "dev.tensafe.server.http.AccessLog=debug\n");
      assertEquals(200, server.ask("X-Request-Id", "unread").statusCode());
      server.signal("HUP");
      server.await(line -> line.contains("levels of 1 names are set"));
      assertEquals(200, server.ask("X-Request-Id", "shown").statusCode());
      server.await(line -> isAnswer(line, "shown"));
      Files.writeString(levels, "dev.tensafe.server.http.AccessLog=loud\n");
      server.signal("HUP");
      server.await(line -> line.contains("WARNING") && line.contains("levels stay as they are"));
      assertEquals(200, server.ask("X-Request-Id", "still").statusCode());
      server.await(line -> isAnswer(line, "still"));
      Files.writeString(levels, "");
      server.signal("HUP");
      server.await(line -> line.contains("levels of 0 names are set"));
      assertEquals(200, server.ask("X-Request-Id", "after").statusCode());
      assertEquals(0, server.stop());
      List<String> lines = server.lines();
      for (String hidden : List.of("before", "unread", "after")) {
        assertFalse(lines.stream().anyMatch(line -> isAnswer(line, hidden)), hidden);
      }
      assertTrue(lines.stream().anyMatch(line -> line.contains("stopping")), lines.toString());
    }
  }
}
