package dev.tensafe.runtime.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.pem.PemFile;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks of ports, directories, certificates and keys, each in milliseconds and without a lasting
 * trace: what is wrong with a setting is said before a model is loaded. Every check throws {@link
 * ConfigException} {@code config.<option>}, which names the option. Stateless.
 */
public final class StartChecks {
  /** The longest path of a socket file, in bytes, that Linux takes. */
  private static final int MAX_SOCKET_PATH = 107;

  private StartChecks() {}

  /** Nobody listens on a port, and this user may; 0 picks one that is free. */
  public static void port(String option, String host, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.getByName(host), port));
    } catch (IOException e) {
      throw refused(
          option,
          "cannot listen on " + host + ":" + port + ": " + e.getMessage(),
          "choose another, or end what listens there");
    }
  }

  /** The directory of a socket file is there and may be written. */
  public static void socket(String option, Path socket) {
    Path directory = socket.toAbsolutePath().getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw refused(
          option, "the directory " + directory + " of " + socket + " does not exist", "make it");
    }
    if (!Files.isWritable(directory)) {
      throw refused(
          option,
          "this user may not write to the directory " + directory + " of " + socket,
          "choose another");
    }
    int length = socket.toString().getBytes(UTF_8).length;
    if (length > MAX_SOCKET_PATH) {
      throw refused(
          option,
          "the path " + socket + " has " + length + " bytes",
          "a socket's path has at most " + MAX_SOCKET_PATH);
    }
  }

  /** A directory is there and may be read. */
  public static void directory(String option, Path directory) {
    if (!Files.isDirectory(directory)) {
      throw refused(
          option,
          directory + (Files.exists(directory) ? " is no directory" : " does not exist"),
          "give a directory that is there");
    }
    if (!Files.isReadable(directory) || !Files.isExecutable(directory)) {
      throw refused(option, "this user may not read " + directory, "let it");
    }
  }

  /** A directory may be written, or made where it does not exist yet. */
  public static void writableDirectory(String option, Path directory) {
    Path there = directory.toAbsolutePath().normalize();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    if (!Files.isDirectory(there)) {
      throw refused(option, there + " is no directory", "choose another");
    }
    if (!Files.isWritable(there)) {
      throw refused(
          option,
          "this user may not write to "
              + there
              + (there.endsWith(directory) ? "" : ", where " + directory + " would be made"),
          "let it, or choose another");
    }
  }

  /** A file is there and may be read. */
  public static void file(String option, Path file) {
    if (!Files.isRegularFile(file)) {
      throw refused(
          option,
          file + (Files.exists(file) ? " is no file" : " does not exist"),
          "give a file that is there");
    }
    if (!Files.isReadable(file)) {
      throw refused(option, "this user may not read " + file, "let it");
    }
  }

  /** A certificate and its private key, both in PEM. */
  public static void pair(
      String certificateOption, Path certificate, String keyOption, Path privateKey) {
    X509Certificate own = certificates(certificateOption, certificate).get(0);
    PrivateKey key;
    try {
      key = PemFile.privateKey(privateKey);
    } catch (FormatException e) {
      throw refused(keyOption, e.description(), null);
    }
    if (!PemFile.belong(key, own)) {
      throw refused(
          keyOption,
          privateKey
              + " is not the key of the first certificate in "
              + certificate
              + " ("
              + certificateOption
              + ")",
          "give the two that were made together");
    }
  }

  /** Certificates in PEM; at least one. */
  public static List<X509Certificate> certificates(String option, Path file) {
    try {
      return PemFile.certificates(file);
    } catch (FormatException e) {
      throw refused(option, e.description(), null);
    }
  }

  private static ConfigException refused(String option, String problem, @Nullable String right) {
    return new ConfigException(
        "config." + option, option + ": " + problem + (right == null ? "" : "; " + right));
  }
}
