package dev.tensafe.owner.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.runtime.settings.CommandLines;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What adapter-host makes of its options before it serves anybody, and what it measures. */
class AdapterHostOptionsTest {
  private static String error(Map<String, String> environment, String... more) {
    StringWriter err = new StringWriter();
    CommandLine line = CommandLines.of(new AdapterHostCommand(), environment);
    line.setErr(new PrintWriter(err, true));
    String[] args = new String[3 + more.length];
    args[0] = "--adapters=/nowhere";
    args[1] = "--trust=/nowhere";
    args[2] = "--recipient-key=/nowhere";
    System.arraycopy(more, 0, args, 3, more.length);
    assertEquals(1, line.execute(args));
    return err.toString();
  }

  @Test
  void aClientThatNobodyCanBeIsRefused() {
    for (String client : new String[] {"ada", "one=ada", "one=subject:x|issuer:CN=ca"}) {
      String error = error(Map.of(), "--client-account", client);
      assertTrue(error.startsWith("config.client-account: '"), error);
    }
    String twice = error(Map.of(), "--client-account=a=user:x", "--client-account=b=user:x");
    assertTrue(twice.startsWith("config.client-account: "), twice);
  }

  @Test
  void clientsWithCommasInTheirNamesAreGivenByTheEnvironmentToo() {
    String name = "TENSAFE_ADAPTER_HOST__CLIENT_ACCOUNT";
    String good = "one=subject:CN=m,O=One|issuer:CN=ca,O=Ca;two=user:ada";
    String error = error(Map.of(name, good), "--refuse-tags");
    // the next thing that is wrong
    assertTrue(error.contains("/nowhere"), error);
    assertTrue(error(Map.of(name, good + ";three")).startsWith("config.client-account: "));
  }

  @Test
  void lanesTagsAndRefusalsAreMeasured() {
    AdapterHost host =
        new AdapterHost(
            RecipientKey.generate(new SecureRandom()),
            TokenMeter.embedded(InstantSource.system()),
            HostLimits.standard());
    try (host) {
      String metrics = new AdapterHostMetrics(host).scrape(null).text();
      for (String series :
          new String[] {
            "tensafe_he_host_lanes 0.0",
            "tensafe_he_host_barred_accounts 0.0",
            "tensafe_he_host_barred_connections_total 0.0",
            "tensafe_he_host_blocks_total 0.0",
            "tensafe_he_host_tags_total 0.0",
            "tensafe_he_host_refusals_total{reason=\"preparation\"} 0.0",
            "tensafe_he_host_refusals_total{reason=\"no_tags\"} 0.0"
          }) {
        assertTrue(metrics.contains("\n" + series + "\n"), series + " in\n" + metrics);
      }
    }
  }
}
