package dev.tensafe.he.transport;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** The address of an adapter host: {@code tls://HOST:PORT} or {@code unix:PATH}. */
public sealed interface Address {
  /** A port on a network, with mutual authentication. */
  record Tls(String host, int port) implements Address {
    @Override
    public String toString() {
      return "tls://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
  }

  /** A socket file on this machine. */
  record Unix(Path path) implements Address {
    @Override
    public String toString() {
      return "unix:" + path;
    }
  }

  /**
   * @throws HeException {@code he.address}
   */
  static Address parse(String text) {
    try {
      if (text.startsWith("unix:") && text.length() > "unix:".length()) {
        return new Unix(Path.of(text.substring("unix:".length())));
      }
      URI uri = new URI(text);
      String host = uri.getHost();
      if ("tls".equals(uri.getScheme())
          && host != null
          && uri.getPort() >= 0
          && uri.getPort() <= 65_535
          && uri.getRawPath().isEmpty()
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null) {
        return new Tls(
            host.startsWith("[") ? host.substring(1, host.length() - 1) : host, uri.getPort());
      }
    } catch (URISyntaxException | InvalidPathException e) {
      // said below
    }
    throw new HeException(
        Reason.ADDRESS, "'" + text + "' is no address; it must be tls://HOST:PORT or unix:PATH");
  }
}
