package dev.tensafe.dashboards;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * What the programs here make is what is committed. With {@code -Dwrite=true} it is written anew.
 */
class GeneratedFilesTest {
  private static void check(String name, String text) throws IOException {
    Path file = Checkout.root().resolve(name);
    if (Boolean.getBoolean("write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    }
    assertEquals(
        Files.exists(file) ? Files.readString(file) : "",
        text,
        name
            + " is not what the code makes of it; run: mvn -pl it/dashboards -am test"
            + " -Dtest=GeneratedFilesTest -Dwrite=true -Dsurefire.failIfNoSpecifiedTests=false");
  }

  @Test
  void theDashboardsAreThoseOfTheCode() throws IOException {
    check("deploy/grafana/tensafe-serving.json", ServingDashboard.make().text());
    check("deploy/grafana/tensafe-adapters.json", AdaptersDashboard.make().text());
    check("deploy/grafana/tensafe-training.json", TrainingDashboard.make().text());
  }

  @Test
  void theListOfMetricsIsThatOfTheCode() throws IOException {
    check("docs/METRICS.md", MetricsPage.text());
  }
}
