package dev.tensafe.server.config;

import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.settings.Setting;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the HTTP side, checked.
 *
 * @param port 0 picks a free one
 * @param modelName what clients call the model
 * @param apiKeys key file; without it every route is open and only loopback is bound
 * @param maxBodyBytes largest request body
 * @param maxAdapterBytes largest package that may be uploaded
 * @param bodyTimeoutSeconds time a body may take to arrive; a package, time without a byte of it
 * @param requestTimeoutSeconds time one request may take; 0 for no limit
 * @param drainTimeoutSeconds time running requests get after SIGTERM
 * @param console whether there is a console at {@code /}
 * @param corsOrigins origins browsers may call from; empty for none
 */
public record ServerConfig(
    String host,
    int port,
    String modelName,
    @Nullable Path apiKeys,
    int maxBodyBytes,
    long maxAdapterBytes,
    int bodyTimeoutSeconds,
    int requestTimeoutSeconds,
    int drainTimeoutSeconds,
    boolean console,
    List<String> corsOrigins,
    @Nullable Path tlsCertificate,
    @Nullable Path tlsKey) {

  public ServerConfig {
    corsOrigins = List.copyOf(corsOrigins);
    Setting.range("port", port, 0, 65_535);
    Setting.range("max-body-kib", maxBodyBytes / 1024, 1, 1 << 20);
    Setting.range("max-adapter-mib", maxAdapterBytes >> 20, 1, 1 << 20);
    Setting.range("body-timeout-seconds", bodyTimeoutSeconds, 1, 86_400);
    Setting.range("request-timeout-seconds", requestTimeoutSeconds, 0, 86_400);
    Setting.range("drain-timeout-seconds", drainTimeoutSeconds, 0, 86_400);
    if (modelName.isBlank()) {
      throw new ConfigException("config.served-model-name", "served-model-name is empty");
    }
    if ((tlsCertificate == null) != (tlsKey == null)) {
      throw new ConfigException("config.tls", "tls-cert and tls-key are needed together");
    }
    if (apiKeys == null && !isLoopback(host)) {
      throw new ConfigException(
          "config.api-keys", "host " + host + " is not loopback: give api-keys, or bind 127.0.0.1");
    }
    for (String origin : corsOrigins) {
      if (!origin.matches("https?://[^/*\\s]+")) {
        throw new ConfigException(
            "config.cors-origins", "'" + origin + "' is no origin such as https://example.org");
      }
    }
  }

  private static boolean isLoopback(String host) {
    try {
      for (InetAddress address : InetAddress.getAllByName(host)) {
        if (!address.isLoopbackAddress()) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      throw new ConfigException("config.host", "host '" + host + "' is unknown", e);
    }
  }
}
