package dev.tensafe.cli;

import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.client.ProbeRate;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.EmbeddedHost;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.transport.Address;
import dev.tensafe.owner.host.TlsFiles;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.verify.BaseModel;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/** The adapter hosts of {@code serve} for mode he, or one embedded in it. */
final class EncryptedHosting {
  private EncryptedHosting() {}

  /**
   * @throws dev.tensafe.formats.CodedException {@code he.address}, {@code he.tls}, {@code config.*}
   */
  static EncryptedAdapters open(
      ServeOptions options, RecipientKey key, BaseModel base, int layers, InstantSource clock) {
    LinkConfig standard =
        LinkConfig.standard(Profile.valueOf(options.heProfile.toUpperCase(Locale.ROOT)));
    LinkConfig config =
        new LinkConfig(
            standard.profile(),
            options.adapterHostTimeoutMillis,
            standard.connectMillis(),
            standard.retryMillis(),
            standard.maxRetryMillis(),
            standard.pingMillis(),
            (long) options.padMemoryMib << 20);
    List<String> hosts = options.adapterHosts;
    if (hosts == null || hosts.isEmpty()) {
      AdapterHost host = new AdapterHost(key, TokenMeter.embedded(clock), HostLimits.standard());
      return EncryptedAdapters.embedded(
          key, base.projections(), layers, config, new EmbeddedHost(host));
    }
    return EncryptedAdapters.remote(
        key,
        base.projections(),
        layers,
        config,
        hosts.stream().map(Address::parse).toList(),
        TlsFiles.identity(
            "client",
            options.clientCert,
            options.clientKey,
            "adapter-host-ca",
            options.adapterHostCa));
  }

  /** The rate of probes. */
  static ProbeRate probes(ServeOptions options) {
    return new ProbeRate(options.probeRate, options.probeCover);
  }
}
