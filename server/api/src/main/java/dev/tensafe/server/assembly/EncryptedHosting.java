package dev.tensafe.server.assembly;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.tssp.keys.RecipientKey;
import java.time.InstantSource;

/** What computes adapters of mode he: adapter hosts elsewhere, or one in this process. */
final class EncryptedHosting {
  private EncryptedHosting() {}

  /**
   * Opens it; connections to hosts elsewhere come about later.
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
      return EncryptedAdapters.embedded(
          key, base, layers, settings.link(), new EmbeddedHost(host));
    }
    return EncryptedAdapters.remote(
        key, base, layers, settings.link(), settings.hosts(), settings.identity());
  }
}
