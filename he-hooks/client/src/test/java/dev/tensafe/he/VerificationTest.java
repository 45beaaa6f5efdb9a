package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.client.Verification;
import dev.tensafe.he.host.BarredAccounts;
import dev.tensafe.he.host.ClientAccounts;
import dev.tensafe.he.host.ClientPolicy;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter whose host lets nobody check its answers is refused, unless that is allowed. */
class VerificationTest {
  private static final ClientPolicy NO_TAGS =
      new ClientPolicy(ClientAccounts.unnamed(), BarredAccounts.inMemory(), false);

  @TempDir Path directory;

  private static LinkConfig config(boolean allowUnverified) {
    return new LinkConfig(
        Profile.FAST, 5_000, 2_000, 20, 100, 200, 1 << 28, allowUnverified, OptionalInt.empty());
  }

  @Test
  void byDefaultItIsRefused() throws Exception {
    Setting.Options options = Setting.Options.of(config(false)).policy(NO_TAGS);
    try (Setting setting = new Setting(directory, options)) {
      assertFalse(setting.isReady());
      assertTrue(setting.problem().contains("unverified"), setting.problem());
      assertEquals(Verification.UNVERIFIED, setting.client.verification(setting.adapter.digest()));
      Setting.Step step =
          setting.step(setting.inputs(1, new Random(1)), List.of(new Setting.Share(1, 1)));
      assertEquals(1, step.failures().size());
    }
  }

  @Test
  void whereItIsAllowedItIsServedAndSaysSo() throws Exception {
    Setting.Options options = Setting.Options.of(config(true)).policy(NO_TAGS);
    try (Setting setting = new Setting(directory, options)) {
      assertTrue(setting.isReady(), setting.problem());
      assertEquals(Verification.UNVERIFIED, setting.client.verification(setting.adapter.digest()));
      Setting.Step step =
          setting.step(setting.inputs(1, new Random(1)), List.of(new Setting.Share(1, 1)));
      assertEquals(Map.of(), step.failures());
      assertEquals(List.of(), setting.listener.deviations, "nothing is checked by a tag");
    }
  }
}
