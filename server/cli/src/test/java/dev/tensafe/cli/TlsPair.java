package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A certificate that signs itself and its key, in PEM, made by {@code keytool}. */
record TlsPair(Path certificate, Path key) {
  private static final String PASSWORD = "secret";

  static TlsPair make(Path dir) throws Exception {
    Path store = dir.resolve("pair.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "own",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), "UTF-8");
    assertEquals(0, keytool.waitFor(), said);
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    return new TlsPair(
        pem(dir.resolve("pair.crt"), "CERTIFICATE", keys.getCertificate("own").getEncoded()),
        pem(
            dir.resolve("pair.key"),
            "PRIVATE KEY",
            keys.getKey("own", PASSWORD.toCharArray()).getEncoded()));
  }

  private static Path pem(Path file, String label, byte[] der) throws Exception {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return Files.write(
        file, List.of("-----BEGIN " + label + "-----", text, "-----END " + label + "-----"));
  }
}
