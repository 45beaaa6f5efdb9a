package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.Profile;
import dev.tensafe.server.assembly.EncryptedSettings;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What flags of {@code serve} say about adapter hosts. */
class ServeSettingsTest {
  private static EncryptedSettings encrypted(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of("--model=m", "--adapters=store", "--trust=trust", "--recipient-key=key"));
    args.addAll(List.of(more));
    ServeOptions options =
        CommandLine.populateCommand(new ServeOptions(), args.toArray(new String[0]));
    return ServeSettings.of(options, InstantSource.system()).adapters().orElseThrow().encrypted();
  }

  @Test
  void byDefaultAdaptersNeedTagsAndHostsRunAsThisUser() {
    EncryptedSettings settings = encrypted("--adapter-host=unix:/run/he.sock");
    assertEquals(Profile.FAST, settings.link().profile());
    assertFalse(settings.link().allowUnverified());
    assertEquals(OptionalInt.empty(), settings.link().hostUid());
    assertEquals(512L << 20, settings.link().padBytes());
    assertEquals(Path.of("store", "he-state"), settings.state());
  }

  @Test
  void allOfItCanBeSaidOtherwise() {
    EncryptedSettings settings =
        encrypted(
            "--adapter-host=unix:/run/he.sock",
            "--adapter-host-uid=1234",
            "--allow-unverified-adapters=true",
            "--pad-memory-mib=0",
            "--state-dir=elsewhere");
    assertTrue(settings.link().allowUnverified());
    assertEquals(OptionalInt.of(1234), settings.link().hostUid());
    assertEquals(0, settings.link().padBytes());
    assertEquals(Path.of("elsewhere"), settings.state());
  }

  @Test
  void anEmbeddedHostHasNoState() {
    assertNull(encrypted("--state-dir=elsewhere").state());
  }
}
