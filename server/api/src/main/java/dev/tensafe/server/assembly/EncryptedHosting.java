package dev.tensafe.server.assembly;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.tssp.keys.RecipientKey;
import java.time.InstantSource;

/** The adapter hosts of a server for mode he, or one embedded in it. */
final class EncryptedHosting {
  private EncryptedHosting() {}

  /**
   * Opens them. Connections to other hosts are made in the background.
   *
   * @param key stays open until the result is closed
   * @throws dev.tensafe.formats.CodedException {@code he.tls}
   */
  static EncryptedAdapters open(
      EncryptedSettings settings,
      RecipientKey key,
      BaseProjections base,
      int layers,
      InstantSource clock) {
    if (settings.hosts().isEmpty()) {
      AdapterHost host = new AdapterHost(key, TokenMeter.embedded(clock), HostLimits.standard());
      return EncryptedAdapters.embedded(key, base, layers, settings.link(), new EmbeddedHost(host));
    }
    return EncryptedAdapters.remote(
        key,
        base,
        layers,
        settings.link(),
        settings.hosts(),
        settings.identity(),
        settings.state());
  }
}
