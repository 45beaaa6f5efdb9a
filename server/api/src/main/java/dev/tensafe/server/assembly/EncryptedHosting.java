package dev.tensafe.server.assembly;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tssp.keys.RecipientKey;
import java.time.InstantSource;

/** The adapter hosts of a server for mode he, or one embedded in it. */
final class EncryptedHosting {
  private EncryptedHosting() {}

  /**
   * Opens them. Connections to other hosts are made in the background.
   *
   * @param key stays open until the result is closed
   * @param tracing of an embedded one; the others have their own
   * @throws dev.tensafe.formats.CodedException {@code he.tls}
   */
  static EncryptedAdapters open(
      EncryptedSettings settings,
      RecipientKey key,
      BaseProjections base,
      int layers,
      Tracing tracing,
      InstantSource clock) {
    if (settings.hosts().isEmpty()) {
      AdapterHost host = new AdapterHost(key, TokenMeter.embedded(clock), HostLimits.standard());
      host.traceWith(EmbeddedSpans.of(tracing));
      return EncryptedAdapters.embedded(
          key, base, layers, settings.link().withTraces(tracing.on()), new EmbeddedHost(host));
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
