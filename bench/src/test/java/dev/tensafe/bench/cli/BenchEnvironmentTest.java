package dev.tensafe.bench.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What is set for {@code serve} does not reach {@code bench serve}. */
class BenchEnvironmentTest {
  @Test
  void modelToServeIsNotTheModelToMeasure() {
    Map<String, String> environment =
        Map.of("TENSAFE_MODEL", "/models/served", "TENSAFE_URL", "http://127.0.0.1:1");
    CommandLine line = Main.commandLine(environment);
    StringWriter err = new StringWriter();
    line.setErr(new PrintWriter(err));
    assertEquals(2, line.execute("bench", "serve", "--concurrency", "1"), err.toString());
    assertTrue(err.toString().contains("--model"), err.toString());
  }
}
