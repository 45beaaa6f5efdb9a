package dev.tensafe.owner;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.SyntheticAdapter;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.he.Profile;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.FrameChannel;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.wire.Frame;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.he.wire.Possession;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.runtime.Version;
import dev.tensafe.tssp.keys.Encapsulation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The archive an adapter owner installs, unpacked and run in processes of its own: nothing of this
 * test's class path is on theirs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OwnerDistributionIT {
  private static final String NAME = "tensafe-owner-" + Version.current();
  private static final Pattern URL = Pattern.compile("/health and /metrics on (\\S+)");

  private Path dir;
  private Path home;

  @BeforeAll
  void unpack(@TempDir Path temporary) throws Exception {
    // a directory whose name only some locales can spell
    dir = Files.createDirectory(temporary.resolve("größe 東京"));
    Path archive = Path.of("target", NAME + ".tar.gz");
    assertTrue(Files.exists(archive), archive + " is made in phase package");
    Process tar =
        new ProcessBuilder("tar", "-xzf", archive.toAbsolutePath().toString())
            .directory(dir.toFile())
            .inheritIO()
            .start();
    assertEquals(0, tar.waitFor());
    home = dir.resolve(NAME);
  }

  private ProcessBuilder program(String... args) {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/tensafe-owner").toString());
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("TENSAFE"));
    builder.environment().remove("CLASSPATH");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("LC_ALL", "C");
    return builder;
  }

  private String run(String... args) throws Exception {
    Path errors = Files.createTempFile(dir, "err", "");
    Process process = program(args).redirectError(errors.toFile()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), Files.readString(errors));
    return out;
  }

  private String at(String name) {
    return dir.resolve(name).toString();
  }

  @Test
  void holdsOurOwnModulesAndNoModel() throws IOException {
    TreeSet<String> ours = new TreeSet<>();
    try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
      for (Path jar : jars.toList()) {
        String name = jar.getFileName().toString();
        assertTrue(
            !name.matches("(?i).*(torch|djl|tokenizer|jmh).*") && !name.startsWith("api-"), name);
        if (name.startsWith("tensafe-")) {
          ours.add(name.replace("-" + Version.current() + ".jar", ""));
        }
      }
    }
    assertEquals(
        new TreeSet<>(
            List.of(
                "tensafe-owner",
                "tensafe-runtime",
                "tensafe-formats",
                "tensafe-ledger",
                "tensafe-native",
                "tensafe-tssp",
                "tensafe-he-protocol",
                "tensafe-he-host",
                "tensafe-tracing")),
        ours);
    for (String file : List.of("LICENSE", "NOTICE", "README.md", "docs/THIRD-PARTY.md")) {
      assertTrue(Files.size(home.resolve(file)) > 100, file);
    }
  }

  @Test
  void saysItsOwnName() throws Exception {
    assertTrue(run("--help").startsWith("Usage: tensafe-owner "));
    assertTrue(run("pack", "--help").startsWith("Usage: tensafe-owner pack "));
    assertEquals(NAME.replace("owner-", "owner "), run("version").strip());
    assertEquals(NAME.replace("owner-", "owner "), run("--version").strip());
  }

  /** A Java that is too old is passed over, wherever it stands. */
  @Test
  void passesOverAnOldJava() throws Exception {
    Path old = Files.createDirectories(dir.resolve("old/bin"));
    Files.writeString(
        old.resolve("java"), "#!/bin/sh\necho 'openjdk version \"11.0.1\"' >&2\nexit 9\n");
    assertTrue(old.resolve("java").toFile().setExecutable(true));
    ProcessBuilder builder = program("version");
    builder.environment().put("JAVA_HOME", at("old"));
    builder
        .environment()
        .merge(
            "PATH",
            Path.of(System.getProperty("java.home"), "bin").toString(),
            (p, j) -> j + ":" + p);
    Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor());
    assertEquals(NAME.replace("owner-", "owner "), out.strip());
  }

  @Test
  void packsAnAdapterAndServesItToAModelHost() throws Exception {
    Path base = dir.resolve("base");
    SyntheticModel.write(base, SyntheticModel.llama(16, 16, 2, 2, 1, 300, 64), DType.F32, 1);
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      SyntheticAdapter.write(
          dir.resolve("peft"),
          BaseProjections.of(checkpoint),
          List.of("q_proj", "down_proj"),
          2,
          DType.BF16,
          1);
    }
    run("keygen", "signing", "--out", at("owner"), "--no-passphrase");
    run("keygen", "recipient", "--out", at("model-host"), "--no-passphrase");
    run("keygen", "recipient", "--out", at("adapter-host"), "--no-passphrase");
    run("trust", "add", "--dir", at("trust"), "--name", "owner", at("owner.pub"));
    Files.createDirectories(dir.resolve("adapters"));
    JsonNode packed =
        new ObjectMapper()
            .readTree(
                run(
                    "pack",
                    "--peft",
                    at("peft"),
                    "--base",
                    at("base"),
                    "--name",
                    "bard",
                    "--package-version",
                    "1",
                    "--mode",
                    "he",
                    "--signing-key",
                    at("owner.key"),
                    "--recipient",
                    at("model-host.pub"),
                    "--adapter-host-recipient",
                    at("adapter-host.pub"),
                    "--out",
                    at("adapters/bard.tssp"),
                    "--json"));
    byte[] digest = HexFormat.of().parseHex(packed.at("/digest").asText());
    Path log = dir.resolve("log");
    Process host =
        program(
                "adapter-host",
                "--listen",
                "unix:" + at("he.sock"),
                "--adapters",
                at("adapters"),
                "--trust",
                at("trust"),
                "--recipient-key",
                at("adapter-host.key"),
                "--metrics-port",
                "0")
            .redirectError(log.toFile())
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(host.getInputStream(), StandardCharsets.UTF_8))) {
      String ready = out.readLine();
      assertEquals("listening on unix:" + at("he.sock"), ready, Files.readString(log));
      Matcher url = URL.matcher(Files.readString(log));
      assertTrue(url.find(), Files.readString(log));
      HttpResponse<String> health =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://" + url.group(1) + "/health")).build(),
                  HttpResponse.BodyHandlers.ofString());
      assertEquals("{\"status\":\"ok\",\"adapters\":1,\"sessions\":0}", health.body());
      open(digest);
      host.toHandle().destroy();
      assertTrue(host.waitFor(60, TimeUnit.SECONDS));
      assertEquals(0, host.exitValue(), Files.readString(log));
    } finally {
      host.destroyForcibly();
    }
  }

  /** A model host's side of a session, until the adapter is open. */
  private void open(byte[] digest) throws IOException {
    try (FrameChannel channel =
        Sockets.connect(new Address.Unix(dir.resolve("he.sock")), null, 30_000, Sockets.ownUid())) {
      Hello.Client hello =
          new Hello.Client(Hello.VERSION, Profile.FAST, new byte[32], new byte[32]);
      channel.send(FrameType.CLIENT_HELLO, hello.encode());
      Hello.Host answer = Hello.Host.decode(channel.receive(1 << 20).payload());
      Encapsulation secret = answer.key().encapsulate(new SecureRandom());
      channel.send(FrameType.CHALLENGE, Possession.challenge(secret.ciphertext()));
      Frame ready = channel.receive(1 << 20);
      assertEquals(FrameType.READY, ready.type());
      Possession.require(
          ready.payload(),
          Possession.proof(secret.sharedSecret(), hello, answer, secret.ciphertext()));
      channel.send(FrameType.OPEN, ByteBuffer.allocate(36).putInt(1).put(digest).flip());
      assertEquals(FrameType.OPENED, channel.receive(1 << 20).type());
    }
  }
}
