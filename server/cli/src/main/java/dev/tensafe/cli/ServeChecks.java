package dev.tensafe.cli;

import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.check.StartChecks;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.tssp.trust.TrustStore;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@code serve} can know before it loads a model: the port is free, every certificate, key and
 * directory it was given can be used; a key that others can read is warned of. Takes milliseconds
 * and leaves nothing behind. The flags' values are those that {@link ServeSettings} has accepted,
 * which reads the certificates for adapter hosts.
 */
final class ServeChecks {
  private static final Logger LOG = LoggerFactory.getLogger(ServeChecks.class);

  private final ServeOptions options;

  private ServeChecks(ServeOptions options) {
    this.options = options;
  }

  /**
   * Checks all.
   *
   * @throws CodedException {@code config.<option>} of the first that cannot be used; {@code
   *     trust.*}, {@code key.*} for what such a file says
   */
  static void run(ServeOptions options) {
    new ServeChecks(options).run();
  }

  private void run() {
    StartChecks.port("port", options.host, options.port);
    Path certificate = options.tlsCert;
    Path key = options.tlsKey;
    if (certificate != null && key != null) {
      StartChecks.pair("tls-cert", certificate, "tls-key", key);
      SecretFile.exposure(key).ifPresent(open -> LOG.warn("the private key {}", open));
    }
    Path apiKeys = options.apiKeys;
    if (apiKeys != null) {
      StartChecks.file("api-keys", apiKeys);
      ApiKeys unusedReadable = ApiKeys.load(apiKeys);
    }
    Path draft = options.draftModel;
    if (draft != null) {
      StartChecks.directory("draft-model", draft);
    }
    adapters();
    adapterHosts();
  }

  private void adapters() {
    Path store = options.adapters;
    if (store != null) {
      StartChecks.writableDirectory("adapters", store);
    }
    Path trust = options.trust;
    if (trust != null) {
      StartChecks.directory("trust", trust);
      TrustStore unusedReadable = TrustStore.open(trust);
    }
    Path recipientKey = options.recipientKey;
    if (recipientKey != null) {
      StartChecks.file("recipient-key", recipientKey);
    }
  }

  private void adapterHosts() {
    @Nullable List<String> hosts = options.adapterHosts;
    if (hosts == null || hosts.isEmpty()) {
      return;
    }
    for (String host : hosts) {
      if (host.startsWith("tls:") && options.adapterHostCa == null) {
        throw new ConfigException(
            "config.adapter-host",
            "adapter-host: "
                + host
                + " needs adapter-host-ca, client-cert and client-key: both ends prove who they"
                + " are");
      }
    }
    Path state = options.stateDir;
    if (state != null) {
      StartChecks.writableDirectory("state-dir", state);
    }
  }
}
