package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code serve} and {@code adapter-host} say of settings before they load anything: each time
 * there is no model, or no package, that could be loaded, and that is not what is said.
 */
class StartChecksTest {
  @TempDir private Path dir;

  private String refuses(String code, List<String> command, String... more) {
    List<String> args = new ArrayList<>(command);
    args.addAll(List.of(more));
    CommandRun result = CommandRun.of(Map.of(), args.toArray(new String[0]));
    assertEquals(1, result.exit(), result.err());
    assertTrue(result.err().startsWith(code + ": "), result.err());
    assertEquals(1, result.err().strip().lines().count(), result.err());
    return result.err();
  }

  private String serve(String code, String... more) {
    return refuses(
        code, List.of("serve", "--model", dir.resolve("no-model").toString(), "--port", "0"), more);
  }

  private String host(String code, String... more) throws IOException {
    Path trust = Files.createDirectories(dir.resolve("trust"));
    Path packages = dir.resolve("packages");
    String refusal =
        refuses(
            code,
            List.of(
                "adapter-host",
                "--adapters",
                packages.toString(),
                "--trust",
                trust.toString(),
                "--recipient-key",
                dir.resolve("no.key").toString()),
            more);
    assertFalse(Files.exists(packages), "a check leaves nothing behind");
    return refusal;
  }

  private Path key(String label) throws IOException {
    return Files.writeString(
        dir.resolve("key.pem"),
        "-----BEGIN " + label + "-----\nAAAA\n-----END " + label + "-----\n");
  }

  @Test
  void aPortThatIsTakenIsSaidAtOnce() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertTrue(
          refuses(
                  "config.port",
                  List.of("serve", "--model", dir.resolve("no-model").toString()),
                  "--port",
                  port)
              .contains("127.0.0.1:" + port));
      host("config.metrics-port", "--listen", "unix:" + dir.resolve("s"), "--metrics-port", port);
    }
  }

  @Test
  void keysOfOtherFormsAreSaidHowToConvert() throws Exception {
    String cert = TlsPair.make(dir).certificate().toString();
    for (String label : List.of("RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")) {
      String key = key(label).toString();
      String convert = "openssl pkcs8 -topk8 -nocrypt -in " + key;
      assertTrue(serve("config.tls-key", "--tls-cert", cert, "--tls-key", key).contains(convert));
      assertTrue(
          serve(
                  "config.client-key",
                  "--adapter-host",
                  "tls://127.0.0.1:1",
                  "--adapter-host-ca",
                  cert,
                  "--client-cert",
                  cert,
                  "--client-key",
                  key)
              .contains(convert));
      assertTrue(
          host("config.tls-key", "--client-ca", cert, "--tls-cert", cert, "--tls-key", key)
              .contains(convert));
    }
  }

  @Test
  void certificatesThatCannotBeReadNameTheirOption() throws Exception {
    String cert = TlsPair.make(dir).certificate().toString();
    String key = key("PRIVATE KEY").toString();
    String none = dir.resolve("none.pem").toString();
    serve("config.tls-cert", "--tls-cert", none, "--tls-key", key);
    serve("config.tls-cert", "--tls-cert", key, "--tls-key", cert);
    serve("config.tls-key", "--tls-cert", cert, "--tls-key", none);
    serve("config.adapter-host", "--adapter-host", "tls://127.0.0.1:1");
    host("config.tls-cert", "--client-ca", none, "--tls-cert", none, "--tls-key", key);
  }

  @Test
  void directoriesAndFilesAreLookedForFirst() throws IOException {
    String file = Files.writeString(dir.resolve("file"), "x").toString();
    String none = dir.resolve("none").toString();
    serve("config.api-keys", "--api-keys", none);
    serve("config.adapters", "--adapters", file + "/store");
    serve("config.trust", "--trust", none);
    serve("config.recipient-key", "--recipient-key", none);
    serve("config.state-dir", "--adapter-host", "unix:/run/x", "--state-dir", file);
    refuses(
        "config.trust",
        List.of("adapter-host", "--listen", "unix:" + dir.resolve("s")),
        "--adapters",
        none,
        "--trust",
        none,
        "--recipient-key",
        none);
    host("config.recipient-key", "--listen", "unix:" + dir.resolve("s"));
  }

  @Test
  void aSocketWithoutADirectoryNamesTheDirectory() throws IOException {
    Path missing = dir.resolve("run").resolve("x");
    String refusal = host("config.listen", "--listen", "unix:" + missing.resolve("he.sock"));
    assertTrue(refusal.contains("the directory " + missing + " of "), refusal);
    String longer = "unix:" + dir.resolve("s".repeat(108));
    assertTrue(host("config.listen", "--listen", longer).contains("107"));
  }
}
