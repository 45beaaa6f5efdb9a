package dev.tensafe.cli.remote;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.formats.pem.PemFile;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/** Options that say which server a command talks to, and what they mean. */
public final class RemoteServer {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteServer.class);

  @Option(
      names = "--url",
      defaultValue = "http://127.0.0.1:8000",
      showDefaultValue = Visibility.ALWAYS,
      description = "where the server is")
  private String url = "";

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "holds the API key, if the server wants one")
  private @Nullable Path apiKeyFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "certificates that the server's leads to, PEM; those of Java if not given")
  private @Nullable Path ca;

  /**
   * Where it is.
   *
   * @throws ConfigException {@code config.url}
   */
  public URI address() {
    URI address;
    try {
      address = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw wrongAddress();
    }
    String scheme = String.valueOf(address.getScheme());
    if (!scheme.matches("https?") || address.getHost() == null) {
      throw wrongAddress();
    }
    return address;
  }

  private ConfigException wrongAddress() {
    return new ConfigException(
        "config.url", "url is '" + url + "'; it must be of the form http://HOST:PORT or https://…");
  }

  /**
   * The API key; null if none was given.
   *
   * @throws ConfigException {@code config.api-key-file}
   */
  public @Nullable String apiKey() {
    Path file = apiKeyFile;
    if (file == null) {
      return null;
    }
    SecretFile.exposure(file).ifPresent(open -> LOG.warn("the API key's file {}", open));
    try {
      String key = Files.readString(file).strip();
      if (!key.matches("[\\x21-\\x7e]+")) {
        throw new ConfigException(
            "config.api-key-file", file + " must hold one API key and nothing else");
      }
      return key;
    } catch (IOException e) {
      throw new ConfigException("config.api-key-file", "cannot read " + file, e);
    }
  }

  /**
   * Makes clients that trust the server.
   *
   * @throws ConfigException {@code config.ca}
   */
  public HttpClient.Builder http() {
    HttpClient.Builder http = HttpClient.newBuilder();
    Path authorities = ca;
    if (authorities == null) {
      return http;
    }
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      for (X509Certificate certificate : PemFile.certificates(authorities)) {
        trusted.setCertificateEntry("ca" + trusted.size(), certificate);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return http.sslContext(context);
    } catch (FormatException e) {
      throw new ConfigException("config.ca", "ca: " + e.description(), e);
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("config.ca", "ca: " + authorities + " cannot be used", e);
    }
  }
}
