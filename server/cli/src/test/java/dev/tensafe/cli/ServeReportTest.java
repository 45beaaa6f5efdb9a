package dev.tensafe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.synthetic.SyntheticModel;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code serve --check} says what is good and everything that is not, and starts nothing. */
class ServeReportTest {
  @TempDir private Path dir;
  private Path model;

  @BeforeEach
  void write() throws IOException {
    model = dir.resolve("m");
    SyntheticModel.write(model, SyntheticModel.llama(16, 16, 1, 2, 1, 300, 64), DType.F32, 1);
  }

  private CommandRun check(String... more) {
    return CommandRun.of(
        Map.of(),
        Stream.concat(Stream.of("serve", "--check", "--model=" + model), Stream.of(more))
            .toArray(String[]::new));
  }

  private static List<String> codes(CommandRun run) {
    assertEquals(1, run.exit(), run.out() + run.err());
    return run.err().lines().map(line -> line.replaceFirst(":.*", "")).collect(Collectors.toList());
  }

  @Test
  void whatIsGoodIsALineEach() {
    CommandRun key =
        CommandRun.of(
            Map.of(), "keygen", "recipient", "--no-passphrase", "--out", dir.resolve("k") + "");
    assertEquals(0, key.exit(), key.err());
    assertEquals(
        0,
        CommandRun.of(
                Map.of(),
                "apikey",
                "add",
                "--file",
                dir.resolve("a") + "",
                "--name=x",
                "--scope=infer")
            .exit());
    CommandRun run =
        check(
            "--port=0",
            "--recipient-key=" + dir.resolve("k.key"),
            "--api-keys=" + dir.resolve("a"));
    assertEquals(0, run.exit(), run.err());
    assertEquals(
        List.of(
            "settings",
            "executor",
            "port, certificates, keys, directories",
            "recipient key",
            "model"),
        run.out().lines().map(line -> line.replaceFirst(": good.*", "")).toList());
    assertTrue(run.out().contains("1 layers, 300 tokens, 64 positions, a chat template"));
  }

  @Test
  void everythingThatIsWrongIsSaidAtOnce() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Files.writeString(dir.resolve("bad.key"), "{}");
      Files.delete(model.resolve("tokenizer.json"));
      List<String> codes =
          codes(
              check("--port=" + taken.getLocalPort(), "--recipient-key=" + dir.resolve("bad.key")));
      assertEquals(3, codes.size(), codes.toString());
      assertEquals("config.port", codes.get(0));
      assertEquals("key.malformed", codes.get(1));
    }
  }

  @Test
  void aTlsKeyThatOthersCanReadIsWarnedOf() throws Exception {
    TlsPair pair = TlsPair.make(dir);
    Logger logger = Logger.getLogger(ServeChecks.class.getName());
    List<String> said = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(entry.getLevel() + " " + new SimpleFormatter().formatMessage(entry));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try {
      for (String mode : List.of("rw-------", "rw-r--r--")) {
        Files.setPosixFilePermissions(pair.key(), PosixFilePermissions.fromString(mode));
        CommandRun run =
            check("--port=0", "--tls-cert=" + pair.certificate(), "--tls-key=" + pair.key());
        assertEquals(0, run.exit(), run.err());
        assertEquals(mode.endsWith("r--") ? 1 : 0, said.size(), said.toString());
      }
    } finally {
      logger.removeHandler(handler);
    }
    assertTrue(
        said.get(0).startsWith("WARNING the private key " + pair.key() + " is open to"),
        said.toString());
  }

  @Test
  void theModelIsCheckedWithoutItsWeights() throws IOException {
    assertEquals(List.of("config.max-model-len"), codes(check("--port=0", "--max-model-len=65")));
    assertEquals(List.of("model.unknown_executor"), codes(check("--port=0", "--executor=none")));
    assertEquals(List.of("config.port"), codes(check("--port=70000")));
    try (RandomAccessFile file =
        new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
      file.setLength(file.length() - 4);
    }
    assertEquals(List.of("safetensors.truncated"), codes(check("--port=0")));
  }
}
